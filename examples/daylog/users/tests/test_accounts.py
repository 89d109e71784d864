from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from journal.models import JournalEntry, Tag

User = get_user_model()
ACCOUNT = {"username": "ana", "email": "Ana@example.org", "password1": "correct horse", "password2": "correct horse"}


class AccountTests(TestCase):
    def test_signing_up_logs_in_and_gives_first_tags(self):
        response = self.client.post(reverse("sign-up"), ACCOUNT, follow=True)
        self.assertContains(response, "Nothing here yet.")
        user = User.objects.get(username="ana")
        self.assertEqual(user.email, "ana@example.org")
        self.assertEqual({tag.name for tag in Tag.objects.filter(user=user)}, {"family", "travel", "work"})

    def test_an_address_signs_up_once(self):
        User.objects.create_user("other", "ANA@example.org")
        response = self.client.post(reverse("sign-up"), ACCOUNT)
        self.assertContains(response, "There is an account with this address already.")

    def test_an_account_is_changed(self):
        self.client.force_login(User.objects.create_user("ana", "ana@example.org"))
        data = {"username": "ana", "email": "new@example.org", "first_name": "Ana", "last_name": ""}
        self.assertContains(self.client.post(reverse("account"), data, follow=True), "Saved.")
        self.assertEqual(User.objects.get().email, "new@example.org")

    def test_a_deleted_account_takes_its_entries_along(self):
        user = User.objects.create_user("ana", "ana@example.org")
        JournalEntry.objects.create(user=user, title="Rain", content={"blocks": []})
        self.client.force_login(user)
        self.assertContains(self.client.get(reverse("delete-account")), "Delete everything")
        self.assertRedirects(self.client.post(reverse("delete-account")), reverse("login"))
        self.assertEqual((User.objects.count(), JournalEntry.objects.count(), Tag.objects.count()), (0, 0, 0))
