"""Reading many runs' streams over one Redis connection.

All readers of one event loop share a single blocking XREAD over all their streams. A reader that comes while
it blocks is taken in by unblocking it (at most once in GRACE seconds), so neither the number of connections
nor the number of calls grows with the number of sockets.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from generation.bus.base import BusDown, Entry, Position, StreamLost, joined

GRACE = 0.002  # seconds: how many newcomers share one unblocking
BLOCK = 2.0  # seconds that one XREAD waits
IDLE = 5.0  # seconds without a reader after which the connection is let go

Answer = Iterable[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]

log = logging.getLogger(__name__)


class _Wait:
    __slots__ = ("after", "future", "limit")

    def __init__(self, after: Position, limit: int) -> None:
        self.after = after
        self.limit = limit
        self.future: asyncio.Future[list[Entry]] = asyncio.get_running_loop().create_future()


class StreamReader:
    """Belongs to one event loop."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix
        self._waits: defaultdict[str, set[_Wait]] = defaultdict(set)
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Future[None]] = set()  # connections that are let go

    async def read(self, run: str, after: Position, block: float, limit: int) -> list[Entry]:
        wait = _Wait(after, limit)
        waits = self._waits[run]
        waits.add(wait)
        self._changed.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._read_on(), name="streams")
        alarm = asyncio.get_running_loop().call_later(max(block, 0), self._give_up, wait)
        try:
            found = await wait.future
        finally:
            alarm.cancel()
            waits.discard(wait)
            if not waits and self._waits.get(run) is waits:
                del self._waits[run]
        if not joined(found, after):
            raise StreamLost(run)
        return found

    def close(self) -> None:
        """On its own loop."""
        if self._pump is not None:
            self._pump.cancel()
        self._fail(BusDown("The bus is closed."))

    @staticmethod
    def _give_up(wait: _Wait) -> None:
        if not wait.future.done():
            wait.future.set_result([])

    async def _read_on(self) -> None:
        options: dict[str, Any] = {"socket_connect_timeout": 2, "socket_timeout": BLOCK + 3, "protocol": 2}
        reading = Redis.from_url(self._url, single_connection_client=True, retry=None, **options)
        control = Redis.from_url(self._url, max_connections=1, **options)
        try:
            me = await reading.client_id()
            while await self._somebody_waits():
                self._changed.clear()
                await self._read_once(reading, control, me)
        except (RedisError, OSError) as problem:
            self._fail(BusDown(f"Redis doesn't answer: {problem}"))
        except Exception as problem:
            log.exception("Reading the streams failed.")
            self._fail(BusDown(f"Reading the streams failed: {problem}"))
        finally:
            leaving = asyncio.ensure_future(_closed(reading, control))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            self._pump = None  # who comes from here on needn't wait for the farewell
            await asyncio.shield(leaving)

    async def _somebody_waits(self) -> bool:
        if not self._waits:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), IDLE)
            except TimeoutError:
                return bool(self._waits)
        return True

    async def _read_once(self, reading: Redis, control: Redis, me: int) -> None:
        streams: dict[Any, Any] = {}
        limit = 1
        for run, waits in self._waits.items():
            least = min(wait.after for wait in waits)
            streams[f"{self._prefix}:run:{run}"] = f"{least.steps}-{least.seq}"
            limit = max(limit, *(wait.limit for wait in waits))
        if not streams:
            return
        answer = asyncio.ensure_future(reading.xread(streams, count=limit, block=int(BLOCK * 1000)))
        try:
            newcomer = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait({answer, newcomer}, return_when=asyncio.FIRST_COMPLETED)
            newcomer.cancel()
            if not answer.done():
                await asyncio.wait({answer}, timeout=GRACE)
                if not answer.done():
                    await control.client_unblock(me)
            found = await answer
        finally:
            answer.cancel()
        for key, items in cast(Answer, found or ()):
            self._hand_out(key.decode().rpartition(":")[2], [entry_of(*item) for item in items])

    def _hand_out(self, run: str, entries: list[Entry]) -> None:
        for wait in self._waits.get(run, ()):
            mine = [entry for entry in entries if entry.position > wait.after][: wait.limit]
            if mine and not wait.future.done():
                wait.future.set_result(mine)

    def _fail(self, problem: BusDown) -> None:
        for waits in self._waits.values():
            for wait in waits:
                if not wait.future.done():
                    wait.future.set_exception(problem)


def entry_of(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    prev = _position(fields.pop(b"prev"))
    ((kind, body),) = fields.items()
    return Entry(_position(entry_id), prev, kind.decode(), body)


def _position(text: bytes) -> Position:
    steps, _, seq = text.partition(b"-")
    return Position(int(steps), int(seq))


async def _closed(*clients: Redis) -> None:
    for client in clients:
        await client.aclose()
