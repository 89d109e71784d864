from django.http import HttpResponse
from rest_framework import viewsets
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from .filters import filter_entries
from .models import JournalEntry, Tag
from .serializers import JournalEntrySerializer, TagSerializer

PAGE = 20


def page_of(request):
    page = request.query_params.get("page", "1")
    if not page.isdecimal() or int(page) < 1:
        raise ValidationError({"page": "Pages are numbered from 1."})
    return int(page)


class TagViewSet(viewsets.ModelViewSet):
    serializer_class = TagSerializer

    def get_queryset(self):
        return Tag.objects.filter(user=self.request.user)

    def perform_create(self, serializer):
        serializer.save(user=self.request.user)


class JournalEntryViewSet(viewsets.ModelViewSet):
    serializer_class = JournalEntrySerializer

    def get_queryset(self):
        return JournalEntry.objects.filter(user=self.request.user).prefetch_related("tags")

    def perform_create(self, serializer):
        serializer.save(user=self.request.user)

    def list(self, request):
        entries = filter_entries(self.get_queryset(), request.query_params)
        start = (page_of(request) - 1) * PAGE
        return Response(self.get_serializer(entries[start : start + PAGE], many=True).data)


@api_view(["GET"])
def public(request):
    entries = JournalEntry.objects.filter(is_public=True).order_by("-created_at")
    return Response(JournalEntrySerializer(entries, many=True).data)


@api_view(["GET"])
def export(request):
    lines = []
    for entry in JournalEntry.objects.filter(user=request.user):
        tags = ", ".join(tag.name for tag in entry.tags.all())
        lines.append(f"{entry.created_at:%Y-%m-%d} {entry.title} [{tags}]\n{entry.text}\n")
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
