from typing import Any

from django.core import mail

from tests.people import PASSWORD, PeopleTest

NEW = "two herons by a weir"


def link_in(body: object) -> str:
    return next(line for line in str(body).splitlines() if line.startswith("http"))


class ChangeTest(PeopleTest):
    def change(self, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
        data = {"oldpassword": old, "password1": new, "password2": again}
        return self.as_owner.post("/accounts/password/change/", data, follow=True)

    def test_it_changes_and_logs_out_every_other_device(self) -> None:
        elsewhere = self.client_of(self.owner)
        self.assertContains(self.change(), "Your password is changed.")
        self.assertContains(self.as_owner.get("/"), 'Account of ann"')
        self.assertNotContains(elsewhere.get("/"), 'Account of ann"')
        assert "Your password is changed" in mail.outbox[0].subject

    def test_the_old_one_must_be_right(self) -> None:
        self.assertContains(self.change(old="wrong"), "This is not your password.")
        assert self.client.login(username="ann", password=PASSWORD)

    def test_a_weak_one_is_refused(self) -> None:
        for weak in ("short", "12345678901234", "ann@example.org"):
            self.change(new=weak, again=weak)
            self.owner.refresh_from_db()
            assert self.owner.check_password(PASSWORD), weak

    def test_it_needs_login(self) -> None:
        self.assertRedirects(
            self.client.get("/accounts/password/change/"), "/accounts/login/?next=/accounts/password/change/"
        )


class ResetTest(PeopleTest):
    def ask(self, email: str) -> str:
        page = self.client.post("/accounts/password/reset/", {"email": email}, follow=True)
        self.assertContains(page, "Look into your mail")
        return page.content.decode()

    def test_a_forgotten_password_is_chosen_anew(self) -> None:
        self.ask("Ann@example.org")
        assert "ann" in mail.outbox[0].body
        page = self.client.get(link_in(mail.outbox[0].body), follow=True)
        self.assertContains(page, "New password again")
        form = page.redirect_chain[-1][0]
        done = self.client.post(form, {"password1": NEW, "password2": NEW}, follow=True)
        self.assertContains(done, "Your password is changed")
        assert self.client.login(username="ann", password=NEW)

    def test_a_link_works_once(self) -> None:
        self.ask("ann@example.org")
        link = link_in(mail.outbox[0].body)
        form = self.client.get(link, follow=True).redirect_chain[-1][0]
        self.client.post(form, {"password1": NEW, "password2": NEW})
        self.assertContains(self.client_class().get(link, follow=True), "This link is used up")

    def test_an_unknown_address_gets_the_same_page_and_a_harmless_mail(self) -> None:
        assert self.ask("nobody@example.org") == self.ask("ann@example.org")
        assert "no account has this address" in mail.outbox[0].body
        assert "http" not in mail.outbox[0].body

    def test_somebody_else_s_link_is_of_no_use(self) -> None:
        self.ask("ann@example.org")
        key = link_in(mail.outbox[0].body).rstrip("/").rsplit("/", 1)[1].split("-", 1)[1]
        self.assertContains(
            self.client.get(f"/accounts/password/reset/key/2-{key}/", follow=True), "This link is used up"
        )

    def test_it_is_throttled(self) -> None:
        answers = [
            self.client.post("/accounts/password/reset/", {"email": "ann@example.org"}).status_code
            for _ in range(6)
        ]
        assert answers == [302] * 5 + [429]

    def test_the_second_password_must_match(self) -> None:
        self.ask("ann@example.org")
        form = self.client.get(link_in(mail.outbox[0].body), follow=True).redirect_chain[-1][0]
        self.client.post(form, {"password1": NEW, "password2": "another one altogether"})
        assert self.client.login(username="ann", password=PASSWORD)


class EmailTest(PeopleTest):
    def move_to(self, email: str) -> Any:
        return self.as_owner.post("/accounts/email/", {"email": email, "action_add": ""}, follow=True)

    def test_a_new_address_counts_once_it_is_confirmed(self) -> None:
        page = self.as_owner.post(
            "/accounts/email/", {"email": "ann@new.example", "action_add": ""}, follow=True
        )
        self.assertContains(page, "waits to be confirmed")
        self.owner.refresh_from_db()
        assert self.owner.email == "ann@example.org"
        self.as_owner.post(link_in(mail.outbox[0].body))
        self.owner.refresh_from_db()
        assert self.owner.email == "ann@new.example"

    def test_somebody_else_s_address_is_not_given_away(self) -> None:
        page = self.as_owner.post(
            "/accounts/email/", {"email": "ben@example.org", "action_add": ""}, follow=True
        )
        self.assertContains(page, "waits to be confirmed")
