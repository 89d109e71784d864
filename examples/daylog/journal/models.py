import uuid

from django.contrib.auth import get_user_model
from django.db import models

from .validators import validate_tag_name


class AbstractBaseModel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Tag(AbstractBaseModel):
    user = models.ForeignKey(get_user_model(), on_delete=models.CASCADE, db_index=True)
    name = models.CharField(max_length=100, validators=[validate_tag_name])

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
