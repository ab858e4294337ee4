"""Who gets in. Whoever doesn't is accepted first and then closed with a code that a browser can read."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from generation.access import tokens
from generation.access.models import ApiToken
from generation.socket.origin import is_own
from tests.client import Client, Closed
from tests.generation.socket.conftest import SOCKETS, Person, play
from tests.live import Live


def cookie_of(person: Person) -> str:
    browser = Browser()
    browser.force_login(person.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser.cookies["safelens_session"].value


def refused_with(client: Client) -> int | None:
    async def story() -> int | None:
        try:
            async with client:
                return None
        except Closed as end:
            return end.code

    return play(story())


def test_a_token_lets_in_and_hello_comes_first(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            hello = client.hello
        assert hello["protocol"] == 1
        assert hello["user"] == "ann"
        assert len(hello["models"]) == len(set(hello["models"])) >= 1
        limits = hello["limits"]
        assert limits["in_flight"]["remaining"] == limits["in_flight"]["limit"]
        assert limits["runs_per_hour"]["remaining"] == limits["runs_per_hour"]["limit"]
        assert limits["runs_per_hour"]["resets"]
        assert limits["stored_steps"]["remaining"] > 0
        assert limits["sockets"] == {"limit": SOCKETS, "remaining": SOCKETS - 1}

    play(story())


def test_a_token_needs_no_origin_and_a_wrong_one_does_no_harm(ann: Person) -> None:
    assert refused_with(ann.client(origin="https://elsewhere.example")) is None


@pytest.mark.parametrize("token", ["safelens_" + "x" * 43, "nonsense", " ", "é"])
def test_an_unknown_token_is_closed_with_4401(ann: Person, token: str) -> None:
    assert refused_with(ann.client(token=token)) == 4401


def test_a_bad_token_is_refused_even_beside_a_good_cookie(ann: Person) -> None:
    client = ann.client(token="safelens_" + "x" * 43, cookie=cookie_of(ann), origin=ann.site.url)
    assert refused_with(client) == 4401


def test_a_revoked_an_expired_and_an_inactive_owner_s_token_are_closed_with_4401(ann: Person) -> None:
    row, revoked = tokens.make(ann.user, "revoked")
    assert tokens.revoke(ann.user, row.pk)
    assert refused_with(ann.client(token=revoked)) == 4401
    _, expired = tokens.make(ann.user, "expired", timezone.now() - timedelta(seconds=1))
    assert refused_with(ann.client(token=expired)) == 4401
    ann.user.is_active = False
    ann.user.save()
    assert refused_with(ann.client()) == 4401


def test_nobody_is_closed_with_4401(site: Live, ann: Person) -> None:
    assert refused_with(site.client()) == 4401


def test_a_token_in_the_address_counts_for_nothing(ann: Person) -> None:
    for name in ("token", "access_token", "authorization"):
        address = f"{ann.site.address()}?{name}={ann.token}"
        assert refused_with(Client(address)) == 4401
    assert ApiToken.objects.get(owner=ann.user).last_used is None


def test_a_login_cookie_lets_in_from_our_own_pages(ann: Person) -> None:
    assert refused_with(ann.client(token="", cookie=cookie_of(ann), origin=ann.site.url)) is None


def test_our_own_page_without_a_log_in_is_closed_with_4401(ann: Person) -> None:
    assert refused_with(ann.client(token="", origin=ann.site.url)) == 4401
    assert refused_with(ann.client(token="", cookie="x" * 32, origin=ann.site.url)) == 4401


def test_a_cookie_of_a_changed_password_is_closed_with_4401(ann: Person) -> None:
    cookie = cookie_of(ann)
    ann.user.set_password("another lighthouse")
    ann.user.save()
    assert refused_with(ann.client(token="", cookie=cookie, origin=ann.site.url)) == 4401


@pytest.mark.parametrize(
    "change",
    [
        "port",
        "scheme",
        "host",
        "name",
        "null",
        "path",
        "user",
        "absent",
        "word",
        "letters",
        "blank",
        "bracket",
    ],
)
def test_a_cookie_from_anywhere_else_is_closed_with_4403(ann: Person, change: str) -> None:
    own = ann.site.url
    host, _, port = own.removeprefix("http://").partition(":")
    origin = {
        "port": f"http://{host}:{int(port) + 1}",
        "scheme": f"https://{host}:{port}",
        "host": f"http://elsewhere.example:{port}",
        "name": f"http://localhost:{port}",
        "null": "null",
        "path": f"{own}/accounts",
        "user": f"http://ann@{host}:{port}",
        "absent": "",
        "word": "elsewhere.example",
        "letters": f"{own}.elsewhere.example",
        "blank": " ",
        "bracket": "http://[elsewhere",
    }[change]
    assert refused_with(ann.client(token="", cookie=cookie_of(ann), origin=origin)) == 4403


def test_another_address_has_no_socket(ann: Person) -> None:
    async def story(path: str) -> int:
        address = ann.site.address().replace("/ws/v1/", path)
        with pytest.raises(InvalidStatus) as refusal:
            await connect(address, additional_headers={"Authorization": f"Bearer {ann.token}"}, proxy=None)
        return refusal.value.response.status_code

    assert play(story("/ws/v2/")) == 403
    assert play(story("/")) == 403


def test_one_socket_too_many_is_closed_with_4429_and_others_have_their_own(
    ann: Person, stranger: Person
) -> None:
    async def story() -> None:
        async with AsyncExitStack() as open_sockets:
            await asyncio.gather(
                *(open_sockets.enter_async_context(ann.client()) for _ in range(SOCKETS)),
            )
            with pytest.raises(Closed) as end:
                await ann.client().__aenter__()
            assert end.value.code == 4429
            async with stranger.client():
                pass

    play(story())
    assert refused_with(ann.client()) is None


def scope(host: str, scheme: str = "ws", **headers: str) -> dict[str, Any]:
    given = {"host": host, **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]
    return {"scheme": scheme, "headers": pairs}


PUBLIC = {"SAFELENS_URL": "https://chat.example", "ALLOWED_HOSTS": ["chat.example", "also.example"]}
PROXIED = PUBLIC | {"ALLAUTH_TRUSTED_PROXY_COUNT": 1}


@pytest.mark.once
@pytest.mark.parametrize(
    ("origin", "asked", "own"),
    [
        ("https://chat.example", scope("chat.example"), True),
        ("https://chat.example:443", scope("chat.example"), True),
        ("HTTPS://CHAT.example", scope("chat.example"), True),
        ("https://chat.example", scope("web:8000", x_forwarded_proto="http"), True),
        ("http://chat.example", scope("chat.example", x_forwarded_proto="http"), False),
        ("https://chat.example:444", scope("chat.example:444", x_forwarded_proto="https"), False),
        ("https://chat.example.evil.example", scope("chat.example", x_forwarded_proto="https"), False),
        ("https://also.example", scope("also.example", x_forwarded_proto="https"), True),
        ("https://also.example", scope("also.example", x_forwarded_proto="https, http"), True),
        ("http://also.example", scope("also.example", x_forwarded_proto="https"), False),
        ("https://also.example", scope("also.example"), False),
        ("https://also.example", scope("chat.example", x_forwarded_proto="https"), False),
        ("https://evil.example", scope("evil.example", x_forwarded_proto="https"), False),
        ("https://[::1", scope("chat.example"), False),
        ("https://chat.example:x", scope("chat.example"), False),
        ("", scope("chat.example"), False),
    ],
)
def test_behind_a_proxy_the_public_address_is_the_site_s_own(
    origin: str, asked: dict[str, Any], own: bool
) -> None:
    with override_settings(**PROXIED):
        assert is_own(origin, asked) is own


@pytest.mark.once
def test_without_a_trusted_proxy_its_headers_count_for_nothing() -> None:
    with override_settings(**(PUBLIC | {"ALLAUTH_TRUSTED_PROXY_COUNT": 0})):
        asked = scope("also.example", x_forwarded_proto="https")
        assert not is_own("https://also.example", asked)
        assert is_own("http://also.example", asked)
