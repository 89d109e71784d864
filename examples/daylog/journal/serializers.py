from rest_framework import serializers

from .models import JournalEntry, Tag


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name"]


class JournalEntrySerializer(serializers.ModelSerializer):
    tags = TagSerializer(many=True, read_only=True)

    class Meta:
        model = JournalEntry
        fields = ["id", "title", "content", "is_public", "tags", "created_at", "updated_at"]

    def validate_content(self, value):
        if not isinstance(value, dict) or not isinstance(value.get("blocks"), list):
            raise serializers.ValidationError("Content must be EditorJS data.")
        return value
