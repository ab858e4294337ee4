"""Readers of one loop over one connection that breaks."""

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Broken

from generation.bus import BEGIN, BusDown
from generation.bus import redis_reader as reading
from tests import patience
from tests.contracts.buses import steps

pytestmark = pytest.mark.once


class Server:
    """The first connection breaks when it is read from; the next ones answer."""

    made = 0

    @classmethod
    def from_url(cls, *_: Any, **options: Any) -> "Server":
        return cls("single_connection_client" in options)

    def __init__(self, reads: bool) -> None:
        Server.made += reads
        self.number = Server.made

    async def client_id(self) -> int:
        return self.number

    async def xread(self, streams: dict[str, str], **_: Any) -> list[Any]:
        if self.number == 1:
            raise Broken("gone")
        return [(key.encode(), [(b"3-0", {b"prev": b"0-0", b"steps": b"0+3"})]) for key in streams]


def test_who_comes_while_a_broken_connection_is_let_go_is_read_for_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        leaving, gone = asyncio.Event(), asyncio.Event()

        async def slowly(*clients: Any) -> None:
            leaving.set()
            await gone.wait()

        monkeypatch.setattr(reading, "Redis", Server)
        monkeypatch.setattr(reading, "_closed", slowly)
        reader = reading.StreamReader("redis://nowhere", "test")
        with pytest.raises(BusDown):
            await reader.read("r", BEGIN, patience.SECONDS, 8)
        await asyncio.wait_for(leaving.wait(), patience.SECONDS)
        assert await reader.read("r", BEGIN, patience.SECONDS, 8) == [steps(0, 3)]
        gone.set()
        reader.close()

    asyncio.run(story())
