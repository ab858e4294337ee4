"""Guests: in without an account, bounded, and all that they made is kept when they get one."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
)
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone

from frontend.accounts import guests
from frontend.accounts.models import User
from generation import limits
from generation.begin import Asking, begin
from generation.limits import Refused
from generation.models import Run, Study
from generation.protocol import Generate
from tests.frontend.test_two_step import code_of
from tests.people import PASSWORD, PeopleTest


class GuestTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(override_settings(SAFELENS_GUESTS=True))

    def come_in(self, client: Client | None = None) -> User:
        client = client or self.client
        self.assertRedirects(client.post("/guests/"), "/")
        return User.objects.get(pk=client.session["_auth_user_id"])

    def study_of(self, guest: User) -> Study:
        return begin(Asking(guest.pk, ["tiny"]), Generate(prompt="A harbour")).study

    def sign_up(self, **fields: str) -> Any:
        data = {"username": "dora", "password1": PASSWORD, "email": ""} | fields
        return self.client.post("/accounts/signup/", data)

    def log_in(self, **fields: str) -> Any:
        return self.client.post("/accounts/login/", {"login": "ann", "password": PASSWORD} | fields)


class ComingInTest(GuestTest):
    def test_a_guest_is_an_account_without_a_password(self) -> None:
        guest = self.come_in()
        assert guest.username.startswith("guest-")
        assert not guest.has_usable_password()
        assert guest.guest_since is not None
        self.assertContains(self.client.get("/"), "Sign up to keep your studies")

    def test_where_guests_are_not_wanted_there_is_no_door(self) -> None:
        with override_settings(SAFELENS_GUESTS=False):
            assert self.client.post("/guests/").status_code == 404
        assert not User.objects.exclude(guest_since=None).exists()

    def test_looking_makes_nobody_a_guest(self) -> None:
        assert self.client.get("/guests/").status_code == 405

    def test_it_needs_the_page_s_own_form(self) -> None:
        assert Client(enforce_csrf_checks=True).post("/guests/").status_code == 403

    def test_whoever_is_logged_in_stays_who_they_are(self) -> None:
        self.as_owner.post("/guests/")
        assert self.as_owner.session["_auth_user_id"] == str(self.owner.pk)
        guest = self.come_in()
        self.client.post("/guests/")
        assert self.client.session["_auth_user_id"] == str(guest.pk)

    def test_it_leads_on_within_the_site_and_nowhere_else(self) -> None:
        answer = self.client.post("/guests/", {"next": "/?prompt=Hi"})
        assert answer["Location"] == "/?prompt=Hi"
        for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            assert Client().post("/guests/", {"next": target})["Location"] == "/"

    def test_one_address_makes_only_so_many(self) -> None:
        answers = [Client().post("/guests/").status_code for _ in range(31)]
        assert answers == [302] * 30 + [429]

    def test_the_pages_of_an_account_lead_to_sign_up(self) -> None:
        self.come_in()
        for path in (
            "password/change/",
            "password/set/",
            "email/",
            "2fa/",
            "2fa/totp/activate/",
            "3rdparty/",
        ):
            answer = self.client.get(f"/accounts/{path}")
            assert (answer.status_code, answer["Location"]) == (302, "/accounts/signup/"), path
        assert self.client.post("/accounts/password/set/", {"password1": PASSWORD}).status_code == 302
        assert not User.objects.get(pk=self.client.session["_auth_user_id"]).has_usable_password()

    def test_leaving_says_what_is_lost(self) -> None:
        self.come_in()
        self.assertContains(self.client.get("/accounts/logout/"), "come back to your studies")


class BoundsTest(GuestTest):
    def test_a_guest_may_do_less_than_others_and_never_more(self) -> None:
        guest = self.come_in()
        with override_settings(SAFELENS_GUEST_RUNS_PER_HOUR=2, SAFELENS_GUEST_IN_FLIGHT=1):
            self.study_of(guest)
            with pytest.raises(Refused, match="1 runs going on"):
                self.study_of(guest)
            Run.objects.update(status="finished")
            self.study_of(guest)
            Run.objects.update(status="finished")
            with pytest.raises(Refused, match="started 2 runs in an hour"):
                self.study_of(guest)
        with override_settings(SAFELENS_GUEST_RUNS_PER_HOUR=10**6, SAFELENS_USER_RUNS_PER_HOUR=5):
            assert limits.bounds(guest.pk).runs_per_hour == 5

    def test_others_are_not_bounded_by_it(self) -> None:
        with override_settings(SAFELENS_GUEST_IN_FLIGHT=1):
            assert limits.bounds(self.owner.pk).in_flight == 64

    def test_a_closed_account_begins_nothing(self) -> None:
        guest = self.come_in()
        User.objects.filter(pk=guest.pk).update(is_active=False)
        with pytest.raises(Refused, match="closed"):
            self.study_of(guest)

    def test_a_guest_is_removed_when_the_days_are_over(self) -> None:
        old, young = self.come_in(), self.come_in(Client())
        self.study_of(old)
        kept = self.study_of(young)
        for guest, days in ((old, 8), (young, 6)):
            User.objects.filter(pk=guest.pk).update(guest_since=timezone.now() - timedelta(days=days))
        User.objects.filter(pk=self.owner.pk).update(date_joined=timezone.now() - timedelta(days=99))
        assert guests.purge() == 1
        assert set(User.objects.values_list("pk", flat=True)) == {
            young.pk,
            self.owner.pk,
            self.team_mate.pk,
            self.stranger.pk,
        }
        assert list(Study.objects.all()) == [kept]
        self.assertContains(self.client.get("/"), "Log in")


class SignUpTest(GuestTest):
    def test_the_account_stays_the_same_with_all_its_studies(self) -> None:
        guest = self.come_in()
        study = self.study_of(guest)
        self.assertContains(self.client.get("/accounts/signup/"), "as a guest stays yours")
        self.assertRedirects(self.sign_up(), "/")
        guest.refresh_from_db()
        assert (guest.username, guest.guest_since) == ("dora", None)
        assert guest.check_password(PASSWORD)
        assert self.client.get(f"/studies/{study.id}/").status_code == 200
        assert Client().post("/accounts/login/", {"login": "dora", "password": PASSWORD}).status_code == 302

    def test_a_wrong_form_leaves_the_guest_as_they_were(self) -> None:
        guest = self.come_in()
        for fields in ({"username": "ann"}, {"password1": "short"}, {"email": "no address"}):
            self.assertContains(self.sign_up(**fields), "_error")
        guest.refresh_from_db()
        assert guest.guest_since is not None
        assert self.client.session["_auth_user_id"] == str(guest.pk)

    def test_an_address_is_confirmed_as_for_others(self) -> None:
        from django.core import mail

        self.come_in()
        self.sign_up(email="dora@example.org")
        assert [message.to for message in mail.outbox] == [["dora@example.org"]]

    def test_a_taken_address_stays_its_owner_s(self) -> None:
        self.come_in()
        self.sign_up(email="ann@example.org")
        proven = EmailAddress.objects.filter(email="ann@example.org", verified=True)
        assert list(proven.values_list("user", flat=True)) == [self.owner.pk]

    def test_of_two_windows_one_signs_up(self) -> None:
        guest = self.come_in()
        assert guests.become_account(User.objects.get(pk=guest.pk))
        assert not guests.become_account(guest)

    def test_a_closed_site_keeps_guests_as_guests(self) -> None:
        guest = self.come_in()
        with override_settings(SAFELENS_SIGNUP="closed"):
            self.assertContains(self.sign_up(), "Sign-up is closed")
        guest.refresh_from_db()
        assert guest.guest_since is not None


class LogInTest(GuestTest):
    def test_the_studies_go_along(self) -> None:
        guest = self.come_in()
        study = self.study_of(guest)
        self.assertContains(self.client.get("/accounts/login/"), "as a guest will be among your studies")
        self.assertRedirects(self.log_in(), "/")
        assert self.client.session["_auth_user_id"] == str(self.owner.pk)
        assert self.client.get(f"/studies/{study.id}/").status_code == 200
        assert set(Run.objects.values_list("owner", flat=True)) == {self.owner.pk}
        guest.refresh_from_db()
        assert (guest.is_active, guest.guest_since) == (False, None)

    def test_a_wrong_password_moves_nothing(self) -> None:
        guest = self.come_in()
        study = self.study_of(guest)
        assert self.log_in(password="a lighthouse at dusk").status_code == 200
        assert self.client.get(f"/studies/{study.id}/").status_code == 200
        study.refresh_from_db()
        assert study.owner_id == guest.pk

    def test_they_wait_for_the_second_step(self) -> None:
        secret = generate_totp_secret()
        TOTP.activate(self.owner, secret)
        guest = self.come_in()
        study = self.study_of(guest)
        self.assertRedirects(self.log_in(), "/accounts/2fa/authenticate/")
        study.refresh_from_db()
        assert study.owner_id == guest.pk
        code = code_of(secret)
        self.assertRedirects(self.client.post("/accounts/2fa/authenticate/", {"code": code}), "/")
        study.refresh_from_db()
        assert study.owner_id == self.owner.pk

    def test_a_log_in_that_stops_half_way_loses_no_guest(self) -> None:
        TOTP.activate(self.owner, generate_totp_secret())
        guest = self.come_in()
        self.log_in()
        assert "_auth_user_id" not in self.client.session
        assert self.come_in() == guest

    def test_what_was_left_waiting_too_long_goes_to_nobody(self) -> None:
        TOTP.activate(self.owner, generate_totp_secret())
        guest = self.come_in()
        study = self.study_of(guest)
        self.log_in()
        session = self.client.session
        session[guests.REMEMBERED] = [guest.pk, time.time() - 1000]
        session.save()
        cache.clear()
        self.log_in(login="ben")
        study.refresh_from_db()
        assert study.owner_id == guest.pk

    def test_whoever_logs_out_leaves_nothing_to_the_next(self) -> None:
        guest = self.come_in()
        study = self.study_of(guest)
        self.client.post("/accounts/logout/")
        self.log_in()
        study.refresh_from_db()
        assert study.owner_id == guest.pk

    def test_handing_over_twice_gives_to_one(self) -> None:
        guest = self.come_in()
        study = self.study_of(guest)
        guests.hand_over(guest, self.owner)
        guests.hand_over(guest, self.stranger)
        study.refresh_from_db()
        assert study.owner_id == self.owner.pk
