from django.test import override_settings

from frontend.views.home import model_name
from tests.people import PeopleTest


class HomeTest(PeopleTest):
    def test_a_visitor_sees_what_it_is_and_the_door(self) -> None:
        page = self.client.get("/")
        self.assertContains(page, "Watch a language model write")
        self.assertContains(page, "Sign up")
        self.assertContains(page, "Log in")
        self.assertContains(page, "the bundled sandbox model")

    def test_the_logged_in_see_who_they_are_and_the_lens(self) -> None:
        page = self.as_owner.get("/")
        self.assertContains(page, "Account of ann")
        self.assertContains(page, "What can I help you with?")
        self.assertContains(page, "Log out")
        self.assertNotContains(page, 'href="/admin/"')

    def test_staff_finds_the_admin(self) -> None:
        self.owner.is_staff = True
        self.owner.save()
        self.assertContains(self.as_owner.get("/accounts/password/change/"), 'href="/admin/"')

    def test_a_closed_site_offers_no_sign_up(self) -> None:
        with override_settings(SAFELENS_SIGNUP="closed"):
            self.assertNotContains(self.client.get("/"), "Sign up")

    def test_it_takes_no_other_method(self) -> None:
        assert self.client.post("/").status_code == 405

    def test_a_hostile_name_is_text(self) -> None:
        self.owner.username = "<script>alert(1)</script>"
        self.owner.save()
        page = self.as_owner.get("/")
        self.assertNotContains(page, "<script>alert")
        self.assertContains(page, "&lt;script&gt;alert")

    def test_it_is_not_kept_in_any_cache(self) -> None:
        assert "no-store" in self.as_owner.get("/")["Cache-Control"]


class ErrorPageTest(PeopleTest):
    def test_nothing_here(self) -> None:
        page = self.client.get("/nothing<script>/")
        self.assertContains(page, "There is nothing here", status_code=404)
        self.assertNotContains(page, "<script>", status_code=404)

    def test_an_unknown_host_is_refused(self) -> None:
        page = self.client.get("/", headers={"host": "evil.example"})
        self.assertContains(page, "This request can't be read", status_code=400)

    def test_a_form_without_its_token_is_refused(self) -> None:
        client = self.client_class(enforce_csrf_checks=True)
        self.assertContains(client.post("/accounts/login/"), "This form is too old", status_code=403)

    def test_a_page_of_others_is_refused(self) -> None:
        self.assertContains(self.as_stranger.get("/admin/login/"), "This is not yours", status_code=403)


def test_a_directory_is_called_by_its_last_part_alone() -> None:
    with override_settings(SAFELENS_MODEL="/srv/models/tiny-lm"):
        assert model_name() == "tiny-lm"
    with override_settings(SAFELENS_MODEL="org/tiny-lm"):
        assert model_name() == "org/tiny-lm"
