import json
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from journal.models import JournalEntry
from journal.tagging import set_tags


class Command(BaseCommand):
    help = "Take over a journal that another application exported as JSON."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("file", type=Path)

    def handle(self, *, username, file, **_):
        User = get_user_model()
        try:
            user = User.objects.get(username=username)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no user {username}.") from error
        rows = json.loads(file.read_text(encoding="utf-8"))
        for row in rows:
            entry = JournalEntry.objects.create(user=user, title=row["title"], content=row["content"])
            set_tags(entry, row.get("tags", []))
            if written := row.get("date"):
                JournalEntry.objects.filter(pk=entry.pk).update(created_at=parse_datetime(written))
        self.stdout.write(f"{len(rows)} entries")
