from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from journal.editorjs import from_text
from journal.models import JournalEntry

User = get_user_model()
FORM = {"title": "Rain", "text": "# Morning\n\nIt rained.\n\n- tea\n- a letter", "tags": "home, weather, home"}


def write(user, title, *, text="…", when=None, **more):
    entry = JournalEntry.objects.create(user=user, title=title, content=from_text(text), **more)
    if when:
        JournalEntry.objects.filter(pk=entry.pk).update(created_at=when)
        entry.refresh_from_db()
    return entry


class PageTests(TestCase):
    def setUp(self):
        self.ana = User.objects.create_user("ana", "ana@example.org")
        self.bruno = User.objects.create_user("bruno", "bruno@example.org")
        self.client.force_login(self.ana)

    def test_an_entry_is_written_read_and_changed(self):
        response = self.client.post(reverse("new-entry"), FORM, follow=True)
        self.assertContains(response, "<h2>Morning</h2>", html=True)
        self.assertContains(response, "<li>a letter</li>", html=True)
        entry = JournalEntry.objects.get()
        self.assertEqual([block["type"] for block in entry.content["blocks"]], ["header", "paragraph", "list"])
        self.assertEqual({tag.name for tag in entry.tags.all()}, {"home", "weather"})

        edit = reverse("edit-entry", args=[entry.pk])
        self.assertContains(self.client.get(edit), "It rained.")
        self.client.post(edit, FORM | {"title": "Sun", "tags": "weather"})
        entry.refresh_from_db()
        self.assertEqual((entry.title, [tag.name for tag in entry.tags.all()]), ("Sun", ["weather"]))

    def test_a_tag_that_is_no_word_is_refused(self):
        response = self.client.post(reverse("new-entry"), FORM | {"tags": "home, <b>"})
        self.assertContains(response, "A tag is made of words.")
        self.assertFalse(JournalEntry.objects.exists())

    def test_entries_are_searched(self):
        self.client.post(reverse("new-entry"), FORM)
        write(self.ana, "Train", text="Late again.", when=datetime(2024, 5, 1, 12, tzinfo=UTC))
        for query, titles in {
            "search=RAINED": ["Rain"],
            "search=late": ["Train"],
            "tags=home,weather": ["Rain"],
            "since=2025-01-01": ["Rain"],
            "until=2024-05-01": ["Train"],
            "since=yesterday": ["Rain", "Train"],
        }.items():
            with self.subTest(query):
                response = self.client.get(reverse("entries") + "?" + query)
                self.assertEqual([entry.title for entry in response.context["entries"]], titles)

    def test_twenty_entries_are_a_page(self):
        for number in range(21):
            write(self.ana, f"Day {number}")
        response = self.client.get(reverse("entries"), {"page": 2})
        self.assertEqual(len(response.context["entries"]), 1)
        self.assertContains(response, "2 of 2")

    def test_entries_of_others_are_not_found(self):
        entry = write(self.bruno, "Secret")
        for name in ("entry", "edit-entry", "delete-entry"):
            self.assertEqual(self.client.get(reverse(name, args=[entry.pk])).status_code, 404)
        self.assertEqual(self.client.post(reverse("toggle-public", args=[entry.pk])).status_code, 404)
        self.assertNotContains(self.client.get(reverse("entries")), "Secret")

    def test_an_entry_leads_to_the_ones_beside_it(self):
        days = [write(self.ana, f"Day {day}", when=datetime(2024, 5, day, 12, tzinfo=UTC)) for day in (1, 2, 3)]
        response = self.client.get(days[1].get_absolute_url())
        self.assertEqual((response.context["before"], response.context["after"]), (days[0], days[2]))
        response = self.client.get(reverse("month", args=[2024, 5]))
        self.assertEqual(list(response.context["entries"]), days)

    def test_an_entry_is_shown_to_everybody_and_taken_back(self):
        entry = write(self.ana, "Rain", text="It rained.")
        toggle = reverse("toggle-public", args=[entry.pk])
        self.assertContains(self.client.post(toggle, follow=True), "Everybody can read it now.")
        self.client.logout()
        self.assertContains(self.client.get(reverse("public")), "ana")
        self.assertContains(self.client.get(reverse("public-of", args=["ana"])), "Rain")
        self.assertContains(self.client.get(reverse("public-entry", args=[entry.pk])), "It rained.")
        self.client.force_login(self.ana)
        self.client.post(toggle)
        self.assertEqual(self.client.get(reverse("public-entry", args=[entry.pk])).status_code, 404)

    def test_an_entry_is_deleted(self):
        entry = write(self.ana, "Rain")
        self.assertContains(self.client.get(reverse("delete-entry", args=[entry.pk])), "Rain")
        self.assertRedirects(self.client.post(reverse("delete-entry", args=[entry.pk])), reverse("entries"))
        self.assertFalse(JournalEntry.objects.exists())

    def test_tags_are_counted_renamed_and_deleted(self):
        self.client.post(reverse("new-entry"), FORM)
        numbers = {tag.name: tag.number for tag in self.client.get(reverse("tags")).context["tags"]}
        self.assertEqual(numbers, {"family": 0, "home": 1, "travel": 0, "weather": 1, "work": 0})
        home = self.ana.tag_set.get(name="home")
        rename = reverse("edit-tag", args=[home.pk])
        self.assertContains(self.client.post(rename, {"name": "work"}), "You have this tag already.")
        self.assertRedirects(self.client.post(rename, {"name": "house"}), reverse("tags"))
        self.assertRedirects(self.client.post(reverse("delete-tag", args=[home.pk])), reverse("tags"))
        self.assertFalse(self.ana.tag_set.filter(pk=home.pk).exists())

    def test_the_statistics_count(self):
        write(self.ana, "Rain", text="It rained all day.", is_public=True)
        write(self.ana, "Sun", text="At last.")
        write(self.bruno, "Else", text="Not counted.")
        response = self.client.get(reverse("stats"))
        self.assertContains(response, "2 entries, 1 of them public; 6 words.")
        self.assertEqual([row["number"] for row in response.context["months"]], [2])

    def test_times_are_shown_in_the_zone_of_the_browser(self):
        entry = write(self.ana, "Late", when=datetime(2024, 5, 1, 23, 30, tzinfo=UTC))
        self.client.cookies["timezone"] = "Europe/Lisbon"
        self.assertContains(self.client.get(entry.get_absolute_url()), "2 May 2024, 00:30")
        self.client.cookies["timezone"] = "Nowhere/../at all"
        self.assertContains(self.client.get(entry.get_absolute_url()), "1 May 2024, 23:30")

    def test_every_form_is_shown(self):
        tag = self.ana.tag_set.first()
        pages = [reverse("new-entry"), reverse("edit-tag", args=[tag.pk]), reverse("delete-tag", args=[tag.pk])]
        for page in [*pages, reverse("account"), reverse("sign-up"), reverse("login")]:
            with self.subTest(page):
                self.assertContains(self.client.get(page), "csrfmiddlewaretoken")

    def test_strangers_are_sent_to_log_in(self):
        self.client.logout()
        for name in ("entries", "new-entry", "tags", "stats"):
            self.assertRedirects(self.client.get(reverse(name)), f"{reverse('login')}?next={reverse(name)}")
