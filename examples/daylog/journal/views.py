from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_POST
from django.views.generic import CreateView, DeleteView, DetailView, ListView, UpdateView

from .filters import filter_entries
from .forms import EntryForm, SearchForm, TagForm
from .models import JournalEntry, Tag


class OwnEntries(LoginRequiredMixin):
    model = JournalEntry

    def get_queryset(self):
        return JournalEntry.objects.filter(user=self.request.user)


class EntryList(OwnEntries, ListView):
    paginate_by = 20
    template_name = "journal/entry_list.html"
    context_object_name = "entries"

    def get_queryset(self):
        entries = super().get_queryset().prefetch_related("tags")
        return filter_entries(entries, self.request.GET)

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=SearchForm(self.request.GET or None), **kwargs)


class EntryDetail(OwnEntries, DetailView):
    template_name = "journal/entry_detail.html"
    context_object_name = "entry"

    def get_context_data(self, **kwargs):
        mine = JournalEntry.objects.filter(user=self.request.user)
        created = self.object.created_at
        return super().get_context_data(
            before=mine.filter(created_at__lt=created).order_by("-created_at").first(),
            after=mine.filter(created_at__gt=created).order_by("created_at").first(),
            **kwargs,
        )


class EntryCreate(LoginRequiredMixin, CreateView):
    form_class = EntryForm
    template_name = "journal/entry_form.html"

    def form_valid(self, form):
        form.instance.user = self.request.user
        return super().form_valid(form)


class EntryUpdate(OwnEntries, UpdateView):
    form_class = EntryForm
    template_name = "journal/entry_form.html"


class EntryDelete(OwnEntries, DeleteView):
    template_name = "journal/entry_delete.html"
    context_object_name = "entry"
    success_url = reverse_lazy("entries")


@login_required
@require_POST
def toggle_public(request, pk):
    entry = get_object_or_404(JournalEntry, pk=pk, user=request.user)
    entry.is_public = not entry.is_public
    entry.save()
    messages.success(request, "Everybody can read it now." if entry.is_public else "It is yours alone again.")
    return redirect(entry)


@login_required
def month(request, year, month):
    entries = JournalEntry.objects.filter(user=request.user, created_at__year=year, created_at__month=month)
    context = {"entries": entries.order_by("created_at"), "year": year, "month": month}
    return render(request, "journal/month.html", context)


@login_required
def stats(request):
    entries = JournalEntry.objects.filter(user=request.user)
    months = (
        entries.order_by()
        .annotate(month=TruncMonth("created_at"))
        .values("month")
        .annotate(number=Count("id"))
        .order_by("month")
    )
    context = {
        "total": entries.count(),
        "public": entries.filter(is_public=True).count(),
        "words": sum(entry.word_count for entry in entries),
        "months": months,
        "tags": Tag.objects.with_numbers(request.user).order_by("-number", "name")[:10],
    }
    return render(request, "journal/stats.html", context)


def public_entries(request):
    entries = JournalEntry.objects.filter(is_public=True).order_by("-created_at")
    return render(request, "journal/public_list.html", {"entries": entries})


def public_of(request, username):
    entries = JournalEntry.objects.filter(is_public=True, user__username=username).order_by("-created_at")
    return render(request, "journal/public_list.html", {"entries": entries, "writer": username})


def public_entry(request, pk):
    entry = get_object_or_404(JournalEntry, pk=pk, is_public=True)
    return render(request, "journal/public_detail.html", {"entry": entry})


class OwnTags(LoginRequiredMixin):
    model = Tag

    def get_queryset(self):
        return Tag.objects.filter(user=self.request.user)


class TagList(OwnTags, ListView):
    template_name = "journal/tag_list.html"
    context_object_name = "tags"

    def get_queryset(self):
        return Tag.objects.with_numbers(self.request.user).order_by("name")


class TagUpdate(OwnTags, UpdateView):
    form_class = TagForm
    template_name = "journal/tag_form.html"
    success_url = reverse_lazy("tags")

    def form_valid(self, form):
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            form.add_error("name", "You have this tag already.")
            return self.form_invalid(form)


class TagDelete(OwnTags, DeleteView):
    template_name = "journal/tag_delete.html"
    context_object_name = "tag"
    success_url = reverse_lazy("tags")
