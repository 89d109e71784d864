from django.contrib.auth import get_user_model
from django.urls import reverse
from rest_framework.test import APITestCase

from journal.models import JournalEntry

User = get_user_model()
CONTENT = {"blocks": [{"type": "paragraph", "data": {"text": "It rained."}}]}


class ApiTests(APITestCase):
    def setUp(self):
        self.ana = User.objects.create_user("ana", "ana@example.org")
        self.bruno = User.objects.create_user("bruno", "bruno@example.org")
        self.client.force_authenticate(self.ana)

    def post(self, **changes):
        data = {"title": "Rain", "content": CONTENT, "tag_names": ["home"]} | changes
        return self.client.post(reverse("api-entry-list"), data, format="json")

    def test_an_entry_is_written_read_and_changed(self):
        made = self.post()
        self.assertEqual(made.status_code, 201)
        one = reverse("api-entry-detail", args=[made.data["id"]])
        self.assertEqual(self.client.get(one).data["content"], CONTENT)
        self.client.patch(one, {"title": "Sun"}, format="json")
        self.client.patch(one, {"tag_names": ["weather"]}, format="json")
        changed = self.client.get(one).data
        self.assertEqual((changed["title"], [tag["name"] for tag in changed["tags"]]), ("Sun", ["weather"]))
        self.assertEqual(self.client.delete(one).status_code, 204)

    def test_content_that_is_not_editorjs_is_refused(self):
        for content in ([], {}, {"blocks": "x"}, {"blocks": [{"type": "paragraph"}]}):
            with self.subTest(content=content):
                self.assertEqual(self.post(content=content).status_code, 400)

    def test_a_tag_that_is_no_word_is_refused(self):
        self.assertEqual(self.post(tag_names=["<b>"]).status_code, 400)
        self.assertEqual(self.client.post(reverse("api-tag-list"), {"name": "<b>"}).status_code, 400)

    def test_a_tag_is_there_once(self):
        self.assertEqual(self.client.post(reverse("api-tag-list"), {"name": "home"}).status_code, 201)
        self.assertEqual(self.client.post(reverse("api-tag-list"), {"name": "home"}).status_code, 400)

    def test_entries_are_searched_and_paged(self):
        for number in range(21):
            self.post(title=f"Day {number}")
        listed = reverse("api-entry-list")
        self.assertEqual(len(self.client.get(listed).data), 20)
        self.assertEqual([entry["title"] for entry in self.client.get(listed, {"page": 2}).data], ["Day 0"])
        self.assertEqual([entry["title"] for entry in self.client.get(listed, {"search": "day 7"}).data], ["Day 7"])
        self.assertEqual(len(self.client.get(listed, {"tags": "home"}).data), 20)
        self.assertEqual(self.client.get(listed, {"page": "x"}).status_code, 400)

    def test_entries_of_others_are_not_found(self):
        entry = JournalEntry.objects.create(user=self.bruno, title="Secret", content=CONTENT)
        self.assertEqual(self.client.get(reverse("api-entry-detail", args=[entry.pk])).status_code, 404)
        self.assertEqual(self.client.get(reverse("api-entry-list")).data, [])

    def test_public_entries_are_everybodys(self):
        JournalEntry.objects.create(user=self.bruno, title="Open", content=CONTENT, is_public=True)
        JournalEntry.objects.create(user=self.bruno, title="Secret", content=CONTENT)
        self.assertEqual([entry["title"] for entry in self.client.get(reverse("api-public")).data], ["Open"])

    def test_the_export_holds_everything(self):
        self.post(tag_names=["home", "weather"])
        text = self.client.get(reverse("api-export")).content.decode()
        self.assertRegex(text, r"^\d{4}-\d\d-\d\d Rain \[(home, weather|weather, home)\]\nIt rained\.\n$")

    def test_strangers_get_nothing(self):
        self.client.force_authenticate(None)
        for name in ("api-entry-list", "api-tag-list", "api-public", "api-export"):
            self.assertEqual(self.client.get(reverse(name)).status_code, 403)
