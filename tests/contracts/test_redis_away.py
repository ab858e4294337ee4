"""Redis goes away, comes back, comes back empty: said clearly, and over by itself."""

import asyncio
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from generation.bus import BEGIN, BusDown, Position, Presence, Signal, StreamLost
from generation.bus.redis_streams import RedisBus
from tests.contracts.buses import append, steps, wipe
from tests.proxy import Proxy

PREFIX = f"test-{secrets.token_hex(6)}"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    parts = urlsplit(settings.REDIS_URL)
    with Proxy(parts.hostname or "127.0.0.1", parts.port or 6379) as door:
        yield door


@pytest.fixture
def bus(proxy: Proxy) -> Iterator[RedisBus]:
    parts = urlsplit(settings.REDIS_URL)
    url = parts._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()
    bus = RedisBus(url, PREFIX)
    yield bus
    bus.close()
    wipe(PREFIX)


def test_every_call_says_that_the_bus_is_down_and_works_again_afterwards(proxy: Proxy, bus: RedisBus) -> None:
    append(bus, "r", steps(0, 1))
    proxy.cut()
    presence = Presence("e", "m", "f", loaded=True)
    for call in (
        lambda: append(bus, "r", steps(1, 1)),
        lambda: bus.signal(Signal("work")),
        lambda: bus.beat(presence, 5),
        lambda: bus.leave("e"),
        lambda: bus.forget("x"),
        bus.engines,
        lambda: bus.listen(0.1),
        lambda: asyncio.run(bus.read("r", BEGIN, 5)),
    ):
        with pytest.raises(BusDown):
            call()
    proxy.mend()
    append(bus, "r", steps(1, 1))
    bus.beat(presence, 5)
    assert bus.engines() == [presence]
    assert asyncio.run(bus.read("r", BEGIN, 5)) == [steps(0, 1), steps(1, 1)]


def test_a_sleeping_reader_is_told_and_its_next_read_goes_on(proxy: Proxy, bus: RedisBus) -> None:
    async def story() -> None:
        reading = asyncio.create_task(bus.read("r", BEGIN, 30))
        await asyncio.to_thread(append, bus, "warm", steps(0, 1))
        await asyncio.wait({reading}, timeout=0.1)
        await asyncio.to_thread(proxy.cut)
        with pytest.raises(BusDown):
            await reading
        await asyncio.to_thread(proxy.mend)
        again = asyncio.create_task(bus.read("r", BEGIN, 10))
        await asyncio.to_thread(append, bus, "r", steps(0, 1))
        assert await again == [steps(0, 1)]

    asyncio.run(story())


def test_a_listener_goes_on_after_redis_came_back_empty(proxy: Proxy, bus: RedisBus) -> None:
    listener = bus.listen(5)
    bus.signal(Signal("work"))
    assert next(listener) == [Signal("work")]
    proxy.cut()
    with pytest.raises(BusDown):
        next(listener)
    wipe(PREFIX)
    proxy.mend()
    bus.signal(Signal("cancel", "r"))
    assert next(listener) == [Signal("cancel", "r")]


def test_a_reader_on_a_wiped_redis_is_told_as_soon_as_something_new_comes(bus: RedisBus) -> None:
    async def story() -> None:
        append(bus, "r", steps(0, 1))
        reading = asyncio.create_task(bus.read("r", Position(1, 0), 30))
        await asyncio.to_thread(append, bus, "warm", steps(0, 1))
        await asyncio.to_thread(append, bus, "r", steps(1, 1))
        assert await reading == [steps(1, 1)]
        await asyncio.to_thread(wipe, PREFIX)
        reading = asyncio.create_task(bus.read("r", Position(2, 0), 30))
        await asyncio.to_thread(append, bus, "r", steps(3, 1))  # step 2 was lost with the wipe
        with pytest.raises(StreamLost):
            await reading

    asyncio.run(story())


def test_a_wiped_redis_forgets_engines_until_their_next_beat(bus: RedisBus) -> None:
    presence = Presence("e", "m", "f", loaded=True)
    bus.beat(presence, 30)
    wipe(PREFIX)
    assert bus.engines() == []
    bus.beat(presence, 30)
    assert bus.engines() == [presence]
