import pytest
from django.test import Client, override_settings

from generation.access import tokens
from generation.access.bearer import authenticate, credential
from tests.people import PeopleTest


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("Basic abc", None),
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Bearer", ""),
        ("Bearerabc", None),
    ],
)
def test_a_header_is_taken_apart(header: str | None, expected: str | None) -> None:
    assert credential(header) == expected


@override_settings(ROOT_URLCONF="tests.generation.access.pages")
class BearerTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.row, token = tokens.make(self.owner, "script")
        self.bearer = {"authorization": f"Bearer {token}"}
        self.strict = Client(enforce_csrf_checks=True)

    def test_a_program_is_its_owner_and_needs_no_csrf(self) -> None:
        for path in ("/api", "/async"):
            response = self.strict.post(path, headers=self.bearer)
            assert (response.status_code, response.content) == (200, b"ann"), path

    def test_a_browser_still_needs_csrf(self) -> None:
        self.strict.force_login(self.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert self.strict.get("/api").content == b"ann"
        assert self.strict.post("/api").status_code == 403

    def test_a_page_takes_no_token(self) -> None:
        assert self.strict.get("/page", headers=self.bearer).content == b"AnonymousUser"
        assert self.strict.post("/page", headers=self.bearer).status_code == 403

    def test_a_bad_token_is_refused_even_beside_a_good_cookie(self) -> None:
        tokens.revoke(self.owner, self.row.pk)
        for header in (self.bearer, {"authorization": "Bearer"}, {"authorization": "Bearer <script>"}):
            response = self.as_owner.get("/api", headers=header)
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "unauthorized"
            assert response["WWW-Authenticate"] == "Bearer"

    def test_it_leaves_no_session_behind(self) -> None:
        self.strict.get("/api", headers=self.bearer)
        assert self.strict.get("/api").content == b"AnonymousUser"

    def test_sockets_ask_the_same_question(self) -> None:
        assert authenticate(self.bearer["authorization"]) == self.row
        assert authenticate(None) is None
        assert authenticate("Bearer nothing") is None
