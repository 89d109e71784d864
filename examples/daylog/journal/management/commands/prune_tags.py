from django.core.management.base import BaseCommand

from journal.models import Tag


class Command(BaseCommand):
    help = "Delete the tags that no entry has."

    def handle(self, **_):
        number, _ = Tag.objects.filter(journalentry__isnull=True).delete()
        self.stdout.write(f"{number} tags")
