import uuid

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count
from django.urls import reverse

from .editorjs import to_text
from .validators import validate_tag_name

WORDS_PER_MINUTE = 200


class AbstractBaseModel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class TagManager(models.Manager):
    def with_numbers(self, user):
        return self.filter(user=user).annotate(number=Count("journalentry"))


class Tag(AbstractBaseModel):
    user = models.ForeignKey(get_user_model(), on_delete=models.CASCADE, db_index=True)
    name = models.CharField(max_length=100, validators=[validate_tag_name])

    objects = TagManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="unique_user_tag")]

    def __str__(self):
        return self.name


class JournalEntry(AbstractBaseModel):
    user = models.ForeignKey(get_user_model(), on_delete=models.CASCADE, db_index=True)
    title = models.CharField(max_length=255)
    content = models.JSONField()
    is_public = models.BooleanField(default=False)
    tags = models.ManyToManyField(Tag, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("entry", args=[self.pk])

    @property
    def text(self):
        return to_text(self.content)

    @property
    def word_count(self):
        return len(self.text.split())

    @property
    def reading_time(self):
        return max(1, round(self.word_count / WORDS_PER_MINUTE))
