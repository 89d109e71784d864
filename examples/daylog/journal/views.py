from django.db.models import Q
from django.http import HttpResponse
from rest_framework import viewsets
from rest_framework.decorators import api_view
from rest_framework.response import Response

from .models import JournalEntry, Tag
from .serializers import JournalEntrySerializer, TagSerializer

PAGE = 20


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
        entries = self.get_queryset()
        if search := request.query_params.get("search"):
            entries = entries.filter(Q(title__icontains=search) | Q(content__icontains=search))
        if names := request.query_params.get("tags"):
            entries = entries.filter(tags__name__in=names.split(",")).distinct()
        if since := request.query_params.get("from"):
            entries = entries.filter(created_at__date__gte=since)
        start = (int(request.query_params.get("page", 1)) - 1) * PAGE
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
        text = "\n".join(block["data"].get("text", "") for block in entry.content["blocks"])
        lines.append(f"{entry.created_at:%Y-%m-%d} {entry.title} [{tags}]\n{text}\n")
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
