from django.contrib.auth import get_user_model
from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import Tag

FIRST_TAGS = ["family", "travel", "work"]


@receiver(post_save, sender=get_user_model())
def create_first_tags(sender, instance, created, raw, **kwargs):
    if created and not raw:
        Tag.objects.bulk_create([Tag(user=instance, name=name) for name in FIRST_TAGS])
