import random
import uuid
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.utils import timezone

from journal.models import JournalEntry, Tag

WORDS = "day rain train letter kitchen garden sister river morning coffee window street music sleep".split()


class Command(BaseCommand):
    help = "Fill a development database."

    def add_arguments(self, parser):
        parser.add_argument("--users", type=int, default=10)
        parser.add_argument("--entries", type=int, default=100)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, users, entries, seed, **_):
        chance = random.Random(seed)
        for number in range(users):
            name = f"writer{number}-{uuid.uuid4().hex[:6]}"
            user = get_user_model().objects.create(username=name, email=f"{name}@example.org")
            tags = [Tag.objects.create(user=user, name=word) for word in chance.sample(WORDS, 5)]
            made = []
            for _ in range(entries):
                text = " ".join(chance.choices(WORDS, k=chance.randint(20, 300)))
                content = {"blocks": [{"type": "paragraph", "data": {"text": text}}]}
                public = chance.random() < 0.05
                made.append(JournalEntry(user=user, title=text[:60], content=content, is_public=public))
            JournalEntry.objects.bulk_create(made)
            for entry in made:
                entry.tags.set(chance.sample(tags, chance.randint(0, 3)))
                when = timezone.now() - timedelta(days=chance.randint(0, 900))
                JournalEntry.objects.filter(pk=entry.pk).update(created_at=when)
