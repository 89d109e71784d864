from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.core.management.base import BaseCommand
from django.utils import timezone

from journal.models import JournalEntry


class Command(BaseCommand):
    help = "Write to those who have written nothing for a while."

    def add_arguments(self, parser):
        parser.add_argument("--days", type=int, default=7)

    def handle(self, *, days, **_):
        since = timezone.now() - timedelta(days=days)
        sent = 0
        for user in get_user_model().objects.filter(is_active=True):
            last = JournalEntry.objects.filter(user=user).order_by("-created_at").first()
            if last is not None and last.created_at < since:
                text = f"Your last entry, “{last.title}”, is of {last.created_at:%d %B}."
                sent += send_mail("How was your day?", text, None, [user.email])
        self.stdout.write(f"{sent} reminders")
