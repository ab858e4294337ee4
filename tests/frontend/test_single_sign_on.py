from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.test import Client, override_settings

from frontend.accounts.models import User
from generation.models import Study
from tests.frontend.provider import CLIENT, SECRET, Provider
from tests.people import PeopleTest

START = "/accounts/oidc/sso/login/"


class SingleSignOnTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.provider = Provider()
        self.addCleanup(self.provider.close)
        app: dict[str, Any] = {
            "provider_id": "sso",
            "name": "Example ID",
            "client_id": CLIENT,
            "secret": SECRET,
            "settings": {"server_url": self.provider.url},
        }
        changed = override_settings(
            OIDC_URL=self.provider.url,
            SOCIALACCOUNT_PROVIDERS={"openid_connect": settings.SIGN_ON | {"APPS": [app]}},
        )
        changed.enable()
        self.addCleanup(changed.disable)

    def go_through(self, client: Client, **changed: str) -> Any:
        there = client.post(START)
        assert there["Location"].startswith(f"{self.provider.url}/authorize?")
        query = parse_qs(urlsplit(there["Location"]).query)
        back = {"code": self.provider.authorize(query), "state": query["state"][0]} | changed
        return client.get("/accounts/oidc/sso/login/callback/", back, follow=True)

    def test_the_log_in_page_offers_it(self) -> None:
        page = self.client.get("/accounts/login/")
        self.assertContains(page, "Go on with Example ID")
        assert self.provider.url in page["Content-Security-Policy"]

    def test_a_new_person_gets_an_account_even_where_sign_up_is_closed(self) -> None:
        with override_settings(SAFELENS_SIGNUP="closed"):
            page = self.go_through(self.client)
        self.assertContains(page, 'Account of hugo"')
        assert not User.objects.get(username="hugo").has_usable_password()

    def test_what_a_guest_made_goes_along(self) -> None:
        with override_settings(SAFELENS_GUESTS=True):
            self.client.post("/guests/")
        guest = User.objects.get(pk=self.client.session["_auth_user_id"])
        study = Study.objects.create(owner=guest, title="A harbour")
        self.go_through(self.client)
        study.refresh_from_db()
        assert study.owner.username == "hugo"
        assert self.client.get(f"/studies/{study.id}/").status_code == 200

    def test_the_same_person_comes_back_to_the_same_account(self) -> None:
        self.go_through(self.client)
        self.go_through(Client())
        assert User.objects.filter(username__startswith="hugo").count() == 1

    def test_somebody_else_s_address_opens_no_account_of_theirs(self) -> None:
        self.provider.person["email"] = "ann@example.org"
        page = self.go_through(self.client)
        self.assertNotContains(page, 'Account of ann"')

    def test_a_person_connects_it_to_the_account_that_they_have(self) -> None:
        self.assertContains(self.as_owner.get("/accounts/3rdparty/"), "Go on with Example ID")
        there = self.as_owner.post(f"{START}?process=connect")
        query = parse_qs(urlsplit(there["Location"]).query)
        back = {"code": self.provider.authorize(query), "state": query["state"][0]}
        self.as_owner.get("/accounts/oidc/sso/login/callback/", back)
        self.assertContains(self.go_through(Client()), 'Account of ann"')

    def test_a_forged_state_or_code_opens_nothing(self) -> None:
        for changed in ({"state": "forged"}, {"code": "forged"}):
            page = self.go_through(Client(), **changed)
            self.assertContains(page, "Single sign-on failed", status_code=page.status_code)
            self.assertNotContains(page, 'Account of hugo"', status_code=page.status_code)

    def test_a_provider_that_is_down_is_one_sentence(self) -> None:
        self.provider.broken = True
        with self.assertLogs("frontend.views.single_sign_on", "ERROR"):
            page = self.client.post(START)
        self.assertContains(page, "Single sign-on failed", status_code=502)

    def test_a_provider_that_goes_down_half_way_is_one_sentence(self) -> None:
        there = self.client.post(START)
        state = parse_qs(urlsplit(there["Location"]).query)["state"][0]
        self.provider.broken = True
        with self.assertLogs("frontend.views.single_sign_on", "ERROR"):
            page = self.client.get("/accounts/oidc/sso/login/callback/", {"code": "a code", "state": state})
        self.assertContains(page, "Single sign-on failed", status_code=502)

    def test_going_back_changes_nothing(self) -> None:
        there = self.client.post(START)
        state = parse_qs(urlsplit(there["Location"]).query)["state"][0]
        back = {"error": "access_denied", "state": state}
        page = self.client.get("/accounts/oidc/sso/login/callback/", back, follow=True)
        self.assertContains(page, "You went back")

    def test_a_link_alone_starts_nothing(self) -> None:
        self.assertContains(self.client.get(START), "Go on to Example ID")


class NoSingleSignOnTest(PeopleTest):
    def test_where_it_is_not_set_up_nothing_offers_it(self) -> None:
        self.assertNotContains(self.client.get("/accounts/login/"), "Go on with")
        assert self.client.post(START).status_code == 404
