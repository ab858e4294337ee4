"""Whoever loses the right to be here is closed with 4401: at once where the site knows, soon in any case."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import ApplicationCommunicator
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.utils import timezone

from generation.access import tokens
from generation.access.models import ApiToken
from generation.socket import consumer
from generation.socket.admission import Visitor, may_stay
from tests import patience
from tests.client import Client
from tests.generation.socket.conftest import Person, play
from tests.generation.socket.pages import Pages
from tests.people import PASSWORD

SECONDS = 5.0  # the contract's, for what goes through the site


def browser_of(person: Person) -> Pages:
    """Logged in through the page, with a hash that the running site can check."""
    if not person.user.password.startswith("argon2"):
        person.user.password = Argon2PasswordHasher().encode(PASSWORD, "salt-of-these-very-tests")
        person.user.save()
    pages = Pages(person.site.url)
    pages.log_in(person.user.username, PASSWORD)
    return pages


def socket_of(person: Person, pages: Pages) -> Client:
    return person.client(token="", cookie=pages.session, origin=person.site.url)


def closed_within(client: Callable[[], Client], change: Callable[[], object]) -> int | None:
    async def story() -> int | None:
        async with client() as one:
            await asyncio.to_thread(change)
            return await asyncio.wait_for(one.closed(), SECONDS)

    return play(story())


def test_log_out_closes_that_log_in_s_sockets_and_no_other(ann: Person) -> None:
    here, there = browser_of(ann), browser_of(ann)

    async def story() -> None:
        async with (
            socket_of(ann, here) as mine,
            socket_of(ann, here) as tab,
            socket_of(ann, there) as other,
            ann.client() as program,
        ):
            await asyncio.to_thread(here.send, "/accounts/logout/")
            for one in (mine, tab):
                assert await asyncio.wait_for(one.closed(), SECONDS) == 4401
            for one in (other, program):
                assert (await one.ask("ping"))["type"] == "pong"

    play(story())


def test_a_changed_password_closes_every_log_in(ann: Person) -> None:
    here, there = browser_of(ann), browser_of(ann)

    def change() -> None:
        new = "a lighthouse at midnight"
        here.send("/accounts/password/change/", oldpassword=PASSWORD, password1=new, password2=new)

    async def story() -> None:
        async with socket_of(ann, here) as mine, socket_of(ann, there) as other:
            await asyncio.to_thread(change)
            for one in (mine, other):
                assert await asyncio.wait_for(one.closed(), SECONDS) == 4401
        async with socket_of(ann, here) as again:
            assert again.hello["user"] == "ann"

    play(story())


@pytest.fixture
def admin(people: Callable[[str], Person]) -> Pages:
    person = people("root-of-tests")
    person.user.is_staff = person.user.is_superuser = True
    person.user.save()
    return browser_of(person)


def test_a_deactivated_account_is_closed(ann: Person, admin: Pages) -> None:
    path = f"/admin/accounts/user/{ann.user.pk}/change/"
    assert closed_within(ann.client, lambda: admin.send(path, username="ann")) == 4401


def test_a_revoked_token_closes_its_sockets_and_no_other(ann: Person, admin: Pages) -> None:
    kept = tokens.make(ann.user, "kept")[1]
    row = ApiToken.objects.get(owner=ann.user, name="test")
    path = "/admin/access/apitoken/"

    async def story() -> None:
        async with ann.client() as revoked, ann.client(token=kept) as other:
            await asyncio.to_thread(admin.send, path, action="revoke", _selected_action=str(row.pk))
            assert await asyncio.wait_for(revoked.closed(), SECONDS) == 4401
            assert (await other.ask("ping"))["type"] == "pong"

    play(story())


class Inside:
    """A socket's own code on this loop, looking much more often than once in a minute."""

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {"type": "websocket", "path": "/ws/v1/", "scheme": "ws", "headers": headers}
        self.socket = ApplicationCommunicator(consumer.serve_socket, scope)

    async def __aenter__(self) -> "Inside":
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.socket.receive_output(patience.SECONDS))["type"] == "websocket.accept"
        assert "hello" in (await self.socket.receive_output(patience.SECONDS))["text"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1005})
        await self.socket.wait(patience.SECONDS)

    async def ended(self) -> dict[str, Any]:
        said: dict[str, Any] = await self.socket.receive_output(patience.SECONDS)
        return said


def bearer(token: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", b"Bearer " + token.encode())]


CLOSED = {"type": "websocket.close", "code": 4401}


@pytest.mark.parametrize("change", ["revoked", "expired", "deleted", "inactive"])
def test_what_nobody_tells_is_found_by_looking(
    ann: Person, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Changes that go around the site's own ways, straight into the tables."""
    assert consumer.LOOK[1] < 60
    monkeypatch.setattr(consumer, "LOOK", (0.1, 0.2))
    rows, now = ApiToken.objects.filter(owner=ann.user), timezone.now()

    def make() -> None:
        if change == "revoked":
            rows.update(revoked=now)
        elif change == "expired":
            rows.update(expires=now - timedelta(seconds=1))
        elif change == "deleted":
            rows._raw_delete(rows.db)
        else:
            type(ann.user).objects.filter(pk=ann.user.pk).update(is_active=False)

    async def story() -> None:
        async with Inside(bearer(ann.token)) as inside:
            assert await inside.socket.receive_nothing(0.5)
            await database_sync_to_async(make)()
            assert await inside.ended() == CLOSED

    play(story())


def test_a_deleted_account_is_told(ann: Person) -> None:
    async def story() -> None:
        async with Inside(bearer(ann.token)) as inside:
            await database_sync_to_async(ann.user.delete)()
            assert await inside.ended() == CLOSED

    play(story())


def test_a_log_in_and_another_s_change_wake_nobody_up(
    ann: Person, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What concerns a socket's rights is read once when it opens, and again when something was told."""
    looks: list[str] = []

    def noted(visitor: Visitor) -> bool:
        looks.append(visitor.name)
        return may_stay(visitor)

    monkeypatch.setattr(consumer, "may_stay", noted)

    async def story() -> None:
        async with Inside(bearer(ann.token)) as inside, Inside(bearer(stranger.token)):
            await database_sync_to_async(user_logged_in.send)(type(ann.user), request=None, user=ann.user)
            await database_sync_to_async(stranger.user.save)()
            assert await inside.socket.receive_nothing(0.5)
        assert looks == ["cleo"]

    play(story())


def test_an_expired_log_in_is_found_by_looking(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "LOOK", (0.1, 0.2))
    cookie = browser_of(ann).session
    headers = [
        (b"cookie", f"safelens_session={cookie}".encode()),
        (b"origin", b"http://127.0.0.1:8000"),
        (b"host", b"127.0.0.1:8000"),
    ]

    def expire() -> None:
        Session.objects.filter(session_key=cookie).update(expire_date=timezone.now())

    async def story() -> None:
        async with Inside(headers) as inside:
            await database_sync_to_async(expire)()
            assert await inside.ended() == CLOSED

    play(story())
