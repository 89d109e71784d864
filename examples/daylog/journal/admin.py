from django.contrib import admin

from .models import JournalEntry, Tag


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name", "user"]
    list_select_related = ["user"]
    search_fields = ["name"]


@admin.register(JournalEntry)
class JournalEntryAdmin(admin.ModelAdmin):
    list_display = ["title", "user", "is_public", "created_at"]
    list_filter = ["is_public"]
    list_select_related = ["user"]
    raw_id_fields = ["user", "tags"]
    search_fields = ["title"]
    actions = ["make_private"]

    @admin.action(description="Make the chosen entries private")
    def make_private(self, request, queryset):
        number = queryset.update(is_public=False)
        self.message_user(request, f"{number} entries are private now.")
