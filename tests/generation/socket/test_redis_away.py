"""Redis goes while sockets are open and comes back: they wait, and nothing is lost. Production form alone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from channels.db import database_sync_to_async
from django.conf import settings

from tests.client import steps_of
from tests.generation import saved
from tests.generation.socket.conftest import Person, play
from tests.live import Live
from tests.proxy import Proxy


@pytest.fixture
def door() -> Iterator[Proxy]:
    parts = urlsplit(settings.REDIS_URL)
    with Proxy(parts.hostname or "127.0.0.1", parts.port or 6379) as proxy:
        yield proxy


@pytest.fixture
def site(tmp_path: Path, transactional_db: None, door: Proxy) -> Iterator[Live]:
    """Its web process reaches Redis through the door, its engine directly."""
    running = Live(tmp_path)
    address = urlsplit(settings.REDIS_URL)._replace(netloc=f"127.0.0.1:{door.port}").geturl()
    try:
        running.start_web(REDIS_URL=address)
        running.start_engine()
        yield running
    finally:
        running.end()


def test_sockets_open_and_steps_come_while_redis_is_away(ann: Person, door: Proxy) -> None:
    async def story() -> None:
        async with ann.client() as client:
            asked = {"seed": 5, "k": 5, "max_new_tokens": 150, "delay": 0.03}
            run = (await client.start(prompt="Hi", settings=asked))["id"]
            await client.of(run, "steps")
            await asyncio.to_thread(door.cut)
            # Let in, although nobody can tell it of a revocation now; the steps come from the database.
            async with ann.client() as other:
                await other.send("subscribe", run=run)
                await other.of(run, "steps")
                await other.of(run, "steps")
            await asyncio.to_thread(door.mend)
            frames = await client.read(run)
            assert frames[-1]["steps"] == 150
            assert steps_of(frames)[-1]["text"] == saved.record(5, 149).text

    play(story())


def test_revocations_are_heard_again_once_redis_is_back(ann: Person, door: Proxy) -> None:
    async def story() -> int | None:
        async with ann.client() as client:
            await asyncio.to_thread(door.cut)
            await asyncio.to_thread(door.mend)
            async with ann.client():
                for _ in range(20):
                    # Until the web process has found its way back, nobody hears: said again, not lost.
                    await database_sync_to_async(deactivate)(ann)
                    try:
                        return await asyncio.wait_for(client.closed(), 1)
                    except TimeoutError:
                        continue
        return None

    assert play(story()) == 4401


def deactivate(person: Person) -> None:
    person.user.is_active = False
    person.user.save()
