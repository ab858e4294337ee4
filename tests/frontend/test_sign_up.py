import threading

from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client, TransactionTestCase, override_settings

from frontend.accounts.models import User
from tests.people import PASSWORD, PeopleTest


class SignUpTest(PeopleTest):
    def sign_up(self, **fields: str) -> HttpResponse:
        data = {"username": "dora", "password1": PASSWORD, "email": ""} | fields
        return self.client.post("/accounts/signup/", data)  # type: ignore[return-value]  # the test client's own kind

    def test_it_makes_an_account_and_logs_in(self) -> None:
        self.assertRedirects(self.sign_up(), "/")
        self.assertContains(self.client.get("/"), 'Account of dora"')
        assert mail.outbox == []

    def test_the_password_is_kept_by_the_site_s_first_hasher_alone(self) -> None:
        self.sign_up()
        assert PASSWORD not in User.objects.get(username="dora").password

    def test_an_address_is_asked_to_confirm(self) -> None:
        self.sign_up(email="dora@example.org")
        assert [message.to for message in mail.outbox] == [["dora@example.org"]]
        assert "Confirm your e-mail" in mail.outbox[0].subject
        link = next(line for line in str(mail.outbox[0].body).splitlines() if line.startswith("http"))
        page = self.client.get(link)
        self.assertContains(page, "dora@example.org")
        self.client.post(link)
        self.assertContains(self.client.get("/accounts/email/"), "Your address is")

    def test_a_taken_address_is_not_given_away(self) -> None:
        """The same page as for a new one, and each account is its own."""
        taken = self.sign_up(email="ann@example.org")
        fresh = self.client_class().post(
            "/accounts/signup/", {"username": "emil", "password1": PASSWORD, "email": "emil@example.org"}
        )
        assert (taken.status_code, taken["Location"]) == (fresh.status_code, fresh["Location"])

    def test_a_taken_name_is_refused_in_any_case(self) -> None:
        self.assertContains(self.sign_up(username="ANN"), "This name is taken. Choose another.")

    def test_wrong_input_is_said_beside_the_field(self) -> None:
        for field, value in (
            ("username", "<script>"),
            ("username", ""),
            ("username", "x" * 10_000),
            ("username", "a\0b"),
            ("username", "root"),
            ("password1", "short"),
            ("password1", "1234567890123"),
            ("password1", "password1234567890"[:12]),
            ("email", "no address"),
        ):
            with self.subTest(field=field, value=value[:20]):
                cache.clear()
                page = self.sign_up(**{field: value})
                self.assertContains(page, f'id="id_{field}_error"')
                self.assertNotContains(page, "<script>")
        assert User.objects.count() == 3

    def test_a_password_of_10_000_characters_and_half_an_emoji_do_no_harm(self) -> None:
        assert self.sign_up(password1="x" * 10_000).status_code in (200, 302)
        body = b"username=fay&email=&password1=%ED%A0%BD" + b"abcdefghijk"
        response = self.client_class().post(
            "/accounts/signup/", body, content_type="application/x-www-form-urlencoded"
        )
        assert response.status_code in (200, 302)

    def test_a_closed_site_takes_nobody(self) -> None:
        with override_settings(SAFELENS_SIGNUP="closed"):
            self.assertContains(self.client.get("/accounts/signup/"), "Sign-up is closed")
            self.assertContains(self.sign_up(), "Sign-up is closed")
        assert User.objects.count() == 3

    def test_it_is_throttled(self) -> None:
        answers = [self.sign_up(username="ann").status_code for _ in range(21)]
        assert answers == [200] * 20 + [429]

    def test_it_leads_to_no_other_site(self) -> None:
        response = self.client.post(
            "/accounts/signup/?next=https://evil.example",
            {"username": "dora", "password1": PASSWORD, "next": "https://evil.example"},
        )
        assert response["Location"] == "/"


class TwoAtOnceTest(TransactionTestCase):
    def test_of_two_who_want_one_name_one_gets_it_and_one_is_told(self) -> None:
        cache.clear()
        answers: list[int] = []
        gate = threading.Barrier(2)

        def sign_up(name: str) -> None:
            client = Client(raise_request_exception=False)
            gate.wait()
            try:
                page = client.post(
                    "/accounts/signup/", {"username": name, "password1": PASSWORD}, follow=True
                )
                answers.append(page.status_code)
            finally:
                connection.close()

        people = [threading.Thread(target=sign_up, args=(name,)) for name in ("Gus", "gus")]
        for person in people:
            person.start()
        for person in people:
            person.join()
        assert answers == [200, 200]
        assert User.objects.filter(username__iexact="gus").count() == 1
