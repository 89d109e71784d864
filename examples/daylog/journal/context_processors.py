from .models import JournalEntry, Tag


def sidebar(request):
    if not request.user.is_authenticated:
        return {}
    return {
        "sidebar_tags": Tag.objects.with_numbers(request.user).order_by("name"),
        "sidebar_months": JournalEntry.objects.filter(user=request.user).dates("created_at", "month", order="DESC"),
    }
