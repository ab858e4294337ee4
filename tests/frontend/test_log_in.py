from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from frontend.accounts.adapter import WRONG_LOGIN
from tests.people import PASSWORD, PeopleTest

THROTTLED = "Too many wrong attempts. Wait five minutes, then try again."


class LogInTest(PeopleTest):
    def log_in(self, login: str, password: str, path: str = "/accounts/login/") -> HttpResponse:
        return self.client.post(path, {"login": login, "password": password})  # type: ignore[return-value]

    def test_by_name_by_name_in_capitals_or_by_address(self) -> None:
        for login in ("ann", "ANN", "ann@example.org"):
            with self.subTest(login=login):
                self.assertRedirects(self.log_in(login, PASSWORD), "/")
                self.client.post("/accounts/logout/")

    def test_a_wrong_password_and_an_unknown_name_get_the_same_page(self) -> None:
        pages = []
        for login in ("ann", "nobody", "ann@example.org", "nobody@example.org"):
            cache.clear()
            page = self.log_in(login, "wrong")
            self.assertContains(page, WRONG_LOGIN)
            pages.append(page.content.decode().replace(login, "LOGIN"))
        # The CSRF token differs, its length doesn't.
        assert len({len(page) for page in pages}) == 1

    def test_hostile_input_is_a_wrong_login(self) -> None:
        for login in (
            "<script>alert(1)</script>",
            "x" * 10_000,
            "\ud83d".encode("utf-8", "replace").decode(),
            "' OR 1=1",
        ):
            page = self.log_in(login, "wrong")
            self.assertContains(page, WRONG_LOGIN)
            self.assertNotContains(page, "<script>alert")

    def test_a_deactivated_person_stays_outside(self) -> None:
        self.owner.is_active = False
        self.owner.save()
        self.log_in("ann", PASSWORD)
        assert "_auth_user_id" not in self.client.session
        assert "Log in" in self.as_owner.get("/").content.decode()

    def test_the_sixth_wrong_attempt_is_stopped_even_with_the_right_password(self) -> None:
        for _ in range(5):
            self.assertContains(self.log_in("ann", "wrong"), WRONG_LOGIN)
        self.assertContains(self.log_in("ann", PASSWORD), THROTTLED)
        self.assertRedirects(self.log_in("ben", PASSWORD), "/")

    def test_nobody_gets_past_it_by_naming_other_addresses_or_capitals(self) -> None:
        for attempt in range(6):
            page = self.client.post(
                "/accounts/login/",
                {"login": "aNN" if attempt % 2 else "Ann", "password": "wrong"},
                headers={"x-forwarded-for": f"10.0.0.{attempt}"},
            )
        self.assertContains(page, THROTTLED)

    def test_one_address_that_tries_many_names_is_stopped(self) -> None:
        for number in range(20):
            self.assertContains(self.log_in(f"nobody{number}", "wrong"), WRONG_LOGIN)
        self.assertContains(self.log_in("nobody20", "wrong"), THROTTLED)

    def test_the_admin_s_door_is_the_same_door(self) -> None:
        """Django's own form never appears, not even for a POST, so its missing throttle doesn't matter."""
        credentials = {"username": "ann", "password": PASSWORD}
        for response in (
            self.client.get("/admin/login/?next=/admin/"),
            self.client.post("/admin/login/?next=/admin/", credentials),
        ):
            self.assertRedirects(response, "/accounts/login/?next=%2Fadmin%2F")
        self.assertRedirects(
            self.client.get("/admin/"), "/admin/login/?next=/admin/", fetch_redirect_response=False
        )
        for _ in range(5):
            self.log_in("ann", "wrong", "/accounts/login/?next=/admin/")
        self.assertContains(self.log_in("ann", PASSWORD, "/accounts/login/?next=/admin/"), THROTTLED)

    def test_staff_comes_into_the_admin_and_others_do_not(self) -> None:
        self.owner.is_staff = self.owner.is_superuser = True
        self.owner.save()
        assert self.as_owner.get("/admin/").status_code == 200
        assert self.as_stranger.get("/admin/", follow=True).status_code == 403

    def test_it_leads_to_no_other_site(self) -> None:
        for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
            client = Client()
            response = client.post("/accounts/login/", {"login": "ann", "password": PASSWORD, "next": target})
            assert response["Location"] == "/", target

    def test_logging_out_needs_a_click(self) -> None:
        self.assertContains(self.as_owner.get("/accounts/logout/"), "Log out of SafeLens")
        self.assertContains(self.as_owner.get("/"), 'Account of ann"')
        page = self.as_owner.post("/accounts/logout/", follow=True)
        self.assertContains(page, "You are logged out.")
        self.assertNotContains(page, 'Account of ann"')
