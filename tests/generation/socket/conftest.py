"""One running site for all tests of the socket, and fresh people on it for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from django.conf import settings

from frontend.accounts.creation import create
from frontend.accounts.models import User
from generation import bus as buses
from generation.access import tokens
from generation.bus import Bus
from generation.socket import conversation
from tests.client import Client
from tests.live import Live, live
from tests.people import PASSWORD

# What only Redis can do: go away. The production suite has one.
collect_ignore = [] if settings.REDIS_URL else ["test_redis_away.py"]

SOCKETS = 40  # that one user may open on it
IN_FLIGHT = 30  # runs that one user may have going on there

T = TypeVar("T")


@pytest.fixture(scope="package")
def site(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("site")
    limits: dict[str, Any] = {
        "SAFELENS_USER_SOCKETS": str(SOCKETS),
        "SAFELENS_USER_IN_FLIGHT": str(IN_FLIGHT),
    }
    with django_db_blocker.unblock(), live(data, **limits) as running:
        yield running


@pytest.fixture(autouse=True)
def no_engine_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conversations that a test holds in this process must not start the embedded engine in it."""
    monkeypatch.setattr(conversation, "ensure_embedded", lambda: None)


@pytest.fixture
def shared_bus() -> Iterator[Bus]:
    """The running site's, where it is Redis; for the embedded one, a bus that nobody hears."""
    before = buses.replace(None)
    yield buses.the_bus()
    mine = buses.replace(before)
    assert mine is not None
    mine.close()


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    token: str
    site: Live

    def client(self, **more: Any) -> Client:
        return self.site.client(**({"token": self.token} | more))


@pytest.fixture
def people(site: Live, transactional_db: None, shared_bus: Bus) -> Callable[[str], Person]:
    def make(name: str) -> Person:
        user = create(name, PASSWORD)
        return Person(user, tokens.make(user, "test")[1], site)

    return make


@pytest.fixture
def ann(people: Callable[[str], Person]) -> Person:
    return people("ann")


@pytest.fixture
def stranger(people: Callable[[str], Person]) -> Person:
    return people("cleo")


def play(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)
