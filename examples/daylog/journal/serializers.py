from rest_framework import serializers

from .models import JournalEntry, Tag
from .tagging import set_tags
from .validators import validate_tag_name


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name"]

    def validate_name(self, value):
        if Tag.objects.filter(user=self.context["request"].user, name=value).exists():
            raise serializers.ValidationError("You have this tag already.")
        return value


class JournalEntrySerializer(serializers.ModelSerializer):
    tags = TagSerializer(many=True, read_only=True)
    tag_names = serializers.ListField(
        child=serializers.CharField(max_length=100, validators=[validate_tag_name]), write_only=True, required=False
    )

    class Meta:
        model = JournalEntry
        fields = ["id", "title", "content", "is_public", "tags", "tag_names", "created_at", "updated_at"]

    def validate_content(self, value):
        if not isinstance(value, dict) or not isinstance(value.get("blocks"), list):
            raise serializers.ValidationError("Content must be EditorJS data.")
        for block in value["blocks"]:
            if not isinstance(block, dict) or "type" not in block or not isinstance(block.get("data"), dict):
                raise serializers.ValidationError("A block has a type and its data.")
        return value

    def create(self, validated_data):
        names = validated_data.pop("tag_names", [])
        entry = super().create(validated_data)
        set_tags(entry, names)
        return entry

    def update(self, instance, validated_data):
        names = validated_data.pop("tag_names", None)
        entry = super().update(instance, validated_data)
        if names is not None:
            set_tags(entry, names)
        return entry
