import json
import tempfile
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse

from journal.editorjs import from_text
from journal.models import JournalEntry, Tag

User = get_user_model()


def run(*command):
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue().strip()


class CommandTests(TestCase):
    def setUp(self):
        self.ana = User.objects.create_user("ana", "ana@example.org")

    def test_a_journal_is_imported(self):
        row = {"title": "Rain", "content": from_text("It rained."), "tags": ["home"], "date": "2024-05-01T12:00:00Z"}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "journal.json")
            file.write_text(json.dumps([row, row | {"date": None}]))
            self.assertEqual(run("import_entries", "ana", str(file)), "2 entries")
            with self.assertRaisesMessage(CommandError, "There is no user bruno."):
                run("import_entries", "bruno", str(file))
        self.assertEqual(JournalEntry.objects.filter(user=self.ana, tags__name="home").count(), 2)
        self.assertEqual(JournalEntry.objects.earliest("created_at").created_at, datetime(2024, 5, 1, 12, tzinfo=UTC))

    def test_tags_without_entries_are_pruned(self):
        entry = JournalEntry.objects.create(user=self.ana, title="Rain", content=from_text("It rained."))
        entry.tags.set(Tag.objects.filter(name="work"))
        self.assertEqual(run("prune_tags"), "2 tags")
        self.assertEqual(Tag.objects.get().name, "work")

    def test_who_wrote_nothing_for_a_while_is_reminded(self):
        JournalEntry.objects.create(user=self.ana, title="Rain", content=from_text("It rained."))
        self.assertEqual(run("send_reminders"), "0 reminders")
        JournalEntry.objects.update(created_at=datetime(2024, 5, 1, 12, tzinfo=UTC))
        self.assertEqual(run("send_reminders"), "1 reminders")
        self.assertEqual(mail.outbox[0].to, ["ana@example.org"])
        self.assertIn("“Rain”, is of 01 May", mail.outbox[0].body)

    def test_a_development_database_is_filled(self):
        run("generate_entries", "--users=2", "--entries=3")
        self.assertEqual((User.objects.count(), JournalEntry.objects.count()), (3, 6))


class AdminTests(TestCase):
    def setUp(self):
        self.client.force_login(User.objects.create_superuser("root", "root@example.org"))

    def test_entries_are_listed_searched_and_made_private(self):
        writer = User.objects.create_user("ana", "ana@example.org")
        entry = JournalEntry.objects.create(user=writer, title="Rain", content=from_text("…"), is_public=True)
        listed = reverse("admin:journal_journalentry_changelist")
        self.assertContains(self.client.get(listed, {"q": "rain", "is_public__exact": 1}), "Rain")
        data = {"action": "make_private", "_selected_action": [str(entry.pk)]}
        self.assertContains(self.client.post(listed, data, follow=True), "1 entries are private now.")
        entry.refresh_from_db()
        self.assertFalse(entry.is_public)
