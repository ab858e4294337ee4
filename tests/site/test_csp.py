import re

from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings

from safelens_site.csp import SecurityHeaders, policy
from tests.people import PeopleTest


def test_a_policy_has_nothing_unsafe() -> None:
    assert "unsafe" not in policy("abc")
    assert "default-src 'self'" in policy(None)
    assert "frame-ancestors 'none'" in policy(None)


def test_a_nonce_is_named_only_if_the_page_used_it_and_is_fresh() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"<script nonce={request.csp_nonce}>" if request.path == "/used" else "")  # type: ignore[attr-defined]

    headers = SecurityHeaders(page)
    seen = set()
    for _ in range(2):
        response = headers(RequestFactory().get("/used"))
        assert isinstance(response, HttpResponse)
        nonce = re.search(r"nonce-([\w-]+)", response["Content-Security-Policy"])
        assert nonce is not None
        assert nonce[1] in response.content.decode()
        seen.add(nonce[1])
    assert len(seen) == 2
    unused = headers(RequestFactory().get("/"))
    assert isinstance(unused, HttpResponse)
    assert "nonce" not in unused["Content-Security-Policy"]


def test_the_provider_of_single_sign_on_may_be_gone_to() -> None:
    with override_settings(OIDC_URL="https://id.example.org:8443/realms/x"):
        assert policy(None).endswith("form-action 'self' https://id.example.org:8443")


class EveryPageTest(PeopleTest):
    def test_every_answer_carries_the_headers(self) -> None:
        for path in ("/", "/accounts/login/", "/nothing", "/healthz", "/admin/login/"):
            response = self.client.get(path)
            assert "default-src 'self'" in response["Content-Security-Policy"], path
            assert response["X-Frame-Options"] == "DENY"
            assert response["X-Content-Type-Options"] == "nosniff"
            assert "camera=()" in response["Permissions-Policy"]

    async def test_asynchronous_answers_carry_them_too(self) -> None:
        response = await AsyncClient().get("/healthz")
        assert "default-src 'self'" in response["Content-Security-Policy"]

    def test_a_crash_carries_them_too(self) -> None:
        client = Client(raise_request_exception=False)
        with override_settings(ROOT_URLCONF="tests.site.crashing"), self.assertLogs("django.request"):
            response = client.get("/")
        assert response.status_code == 500
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "This went wrong" in response.content.decode()
        assert "a secret of the inside" not in response.content.decode()

    def test_no_page_has_an_inline_script_style_or_handler(self) -> None:
        self.owner.is_staff = self.owner.is_superuser = True
        self.owner.save()
        paths = ["/", "/accounts/password/change/", "/accounts/email/", "/accounts/2fa/", "/admin/"]
        paths += ["/admin/accounts/user/", f"/admin/accounts/user/{self.owner.pk}/change/"]
        allowed = r"\bsrc=|application/json|\bnonce="
        inline = re.compile(rf"<script(?![^>]*({allowed}))|<style|\sstyle=|\son\w+=", re.IGNORECASE)
        for path in paths:
            response = self.as_owner.get(path)
            assert response.status_code == 200, path
            assert not inline.search(response.content.decode()), path
