from django.contrib import admin

from .models import JournalEntry, Tag

admin.site.register(Tag)


@admin.register(JournalEntry)
class JournalEntryAdmin(admin.ModelAdmin):
    list_display = ["title", "user", "is_public", "created_at"]
    search_fields = ["title"]
