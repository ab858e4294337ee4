import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client, override_settings

from frontend.accounts.adapter import WRONG_CODE, SecondFactorAdapter
from tests.people import PASSWORD, PeopleTest


def code_of(secret: str) -> str:
    """What an authenticator app would show now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


class TwoStepTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.as_owner = self.logged_in(Client())
        self.as_owner.post("/accounts/reauthenticate/", {"password": PASSWORD})

    def logged_in(self, client: Client) -> Client:
        client.post("/accounts/login/", {"login": "ann", "password": PASSWORD})
        return client

    def switch_on(self) -> tuple[str, list[str]]:
        page = self.as_owner.get("/accounts/2fa/totp/activate/").content.decode()
        found = re.search(r'<code class="key">(\w+)</code>', page)
        assert found is not None
        assert 'src="data:image/svg+xml' in page
        done = self.as_owner.post("/accounts/2fa/totp/activate/", {"code": code_of(found[1])}, follow=True)
        codes = re.findall(r"<li><code>([\w-]+)</code></li>", done.content.decode())
        assert len(codes) == 10
        cache.clear()  # a code counts once: this forgets that the one above was used
        return found[1], codes

    def test_a_password_alone_no_longer_opens(self) -> None:
        secret, _ = self.switch_on()
        phone = self.logged_in(Client())
        assert "_auth_user_id" not in phone.session
        self.assertContains(phone.get("/accounts/2fa/authenticate/"), "Second step")
        self.assertContains(phone.post("/accounts/2fa/authenticate/", {"code": "000000"}), WRONG_CODE)
        phone.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
        assert phone.session["_auth_user_id"] == str(self.owner.pk)

    def test_a_recovery_code_opens_once(self) -> None:
        _, codes = self.switch_on()
        for answer in (True, False):
            phone = self.logged_in(Client())
            phone.post("/accounts/2fa/authenticate/", {"code": codes[0]})
            assert ("_auth_user_id" in phone.session) is answer

    def test_codes_can_t_be_tried_without_end(self) -> None:
        self.switch_on()
        phone = self.logged_in(Client())
        for _ in range(6):
            page = phone.post("/accounts/2fa/authenticate/", {"code": "000000"})
        self.assertContains(page, "Wait five minutes")

    def test_it_can_be_switched_off(self) -> None:
        self.switch_on()
        page = self.as_owner.post("/accounts/2fa/totp/deactivate/", follow=True)
        self.assertContains(page, "It is off")
        assert "_auth_user_id" in self.logged_in(Client()).session

    def test_new_recovery_codes_replace_the_old(self) -> None:
        _, codes = self.switch_on()
        self.assertContains(self.as_owner.get("/accounts/2fa/recovery-codes/generate/"), "stop working")
        page = self.as_owner.post("/accounts/2fa/recovery-codes/generate/", follow=True)
        self.assertNotContains(page, codes[0])
        saved = self.as_owner.get("/accounts/2fa/recovery-codes/download/")
        assert len(saved.content.decode().split()) >= 10

    def test_secrets_are_not_in_the_database(self) -> None:
        secret, codes = self.switch_on()
        kept = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in kept
        assert not any(code in kept for code in codes)

    def test_a_lost_key_opens_nothing_and_breaks_nothing(self) -> None:
        kept = SecondFactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
        assert SecondFactorAdapter().decrypt(kept) == "JBSWY3DPEHPK3PXP"
        with override_settings(SECRET_KEY="another one"):
            assert SecondFactorAdapter().decrypt(kept) == ""

    def test_the_overview_says_how_it_stands(self) -> None:
        self.assertContains(self.as_owner.get("/accounts/2fa/"), "It is off")
        self.switch_on()
        self.assertContains(self.as_owner.get("/accounts/2fa/"), "10 recovery codes left")

    def test_switching_it_on_needs_the_password_once_more(self) -> None:
        phone = self.logged_in(Client())
        page = phone.get("/accounts/2fa/totp/activate/", follow=True)
        self.assertContains(page, "Is it you?")
        wrong = phone.post("/accounts/reauthenticate/", {"password": "wrong"})
        self.assertContains(wrong, "This is not your password.")

    def test_it_needs_login(self) -> None:
        assert self.client.get("/accounts/2fa/").status_code == 302
