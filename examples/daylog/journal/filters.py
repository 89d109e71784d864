from django.db.models import Q

from .forms import SearchForm


def filter_entries(entries, params):
    form = SearchForm(params)
    if not form.is_valid():
        return entries
    wanted = form.cleaned_data
    if search := wanted["search"]:
        entries = entries.filter(Q(title__icontains=search) | Q(content__icontains=search))
    if names := wanted["tags"]:
        entries = entries.filter(tags__name__in=names.split(",")).distinct()
    if since := wanted["since"]:
        entries = entries.filter(created_at__date__gte=since)
    if until := wanted["until"]:
        entries = entries.filter(created_at__date__lte=until)
    return entries
