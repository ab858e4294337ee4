"""The bus on Redis Streams.

A run's stream is `<prefix>:run:<id>`, and an entry's id is its position, `<steps>-<event>`: the number of
steps is the cursor, and Redis itself refuses a position that isn't above the newest. Signals are one short
stream that every engine reads from its end; trimming it loses nothing, for a run's row says what is to be
done. Redis may go, come back empty, or be wiped: every call that finds it away raises BusDown, the next one
connects anew.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import orjson
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from generation.bus.base import Append, BusDown, Entry, Listener, Position, Presence, Signal
from generation.bus.redis_reader import StreamReader

MOST_ENTRIES = 1024  # of one stream, about; older ones are in the database
MOST_SIGNALS = 10_000
KEPT = 3600  # seconds without an entry after which a stream goes
KEPT_AFTER_LAST = 60

T = TypeVar("T")


class RedisBus:
    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix
        self._redis = _client(url, 3.0)
        self._readers: WeakKeyDictionary[asyncio.AbstractEventLoop, StreamReader] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def append(self, appends: Sequence[Append]) -> frozenset[str]:
        pipe = self._redis.pipeline(transaction=False)
        owners: list[str] = []  # of each command
        for append in appends:
            key = self._key(append.run)
            for entry in append.entries:
                fields: dict[Any, Any] = {"prev": _id(entry.prev), entry.kind: entry.body}
                pipe.xadd(key, fields, id=_id(entry.position), maxlen=MOST_ENTRIES, approximate=True)
            pipe.expire(key, KEPT_AFTER_LAST if append.last else KEPT)
            owners += [append.run] * (len(append.entries) + 1)
        answers = _asked(lambda: pipe.execute(raise_on_error=False))
        refused = set()
        for run, answer in zip(owners, answers, strict=True):
            if isinstance(answer, redis.ResponseError) and "equal or smaller" in str(answer):
                refused.add(run)
            elif isinstance(answer, Exception):
                raise BusDown(f"Redis doesn't take steps: {answer}") from answer
        return frozenset(refused)

    async def read(self, run: str, after: Position, block: float, limit: int = 64) -> list[Entry]:
        loop = asyncio.get_running_loop()
        with self._lock:
            reader = self._readers.get(loop)
            if reader is None:
                reader = self._readers[loop] = StreamReader(self._url, self._prefix)
        return await reader.read(run, after, block, limit)

    def forget(self, run: str) -> None:
        _asked(lambda: self._redis.unlink(self._key(run)))

    def signal(self, signal: Signal) -> None:
        _asked(
            lambda: self._redis.xadd(
                f"{self._prefix}:signals",
                {"kind": signal.kind, "run": signal.run},
                maxlen=MOST_SIGNALS,
                approximate=True,
            )
        )

    def listen(self, block: float) -> Listener:
        return _RedisListener(self._url, f"{self._prefix}:signals", block)

    def beat(self, presence: Presence, seconds: float) -> None:
        pipe = self._redis.pipeline(transaction=False)
        said = orjson.dumps(dataclasses.asdict(presence))
        pipe.set(self._engine(presence.engine), said, px=max(1, int(seconds * 1000)))
        pipe.sadd(f"{self._prefix}:engines", presence.engine)
        _asked(pipe.execute)

    def leave(self, engine: str) -> None:
        pipe = self._redis.pipeline(transaction=False)
        pipe.delete(self._engine(engine)).srem(f"{self._prefix}:engines", engine)
        _asked(pipe.execute)

    def engines(self) -> list[Presence]:
        names = sorted(
            name.decode() for name in _asked(lambda: self._redis.smembers(f"{self._prefix}:engines"))
        )
        if not names:
            return []
        said = _asked(lambda: self._redis.mget([self._engine(name) for name in names]))
        ended = [name for name, text in zip(names, said, strict=True) if text is None]
        if ended:
            _asked(lambda: self._redis.srem(f"{self._prefix}:engines", *ended))
        return [Presence(**orjson.loads(text)) for text in said if text is not None]

    def close(self) -> None:
        with self._lock:
            readers = list(self._readers.items())
            self._readers.clear()
        for loop, reader in readers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(reader.close)
        self._redis.close()

    def _key(self, run: str) -> str:
        return f"{self._prefix}:run:{run}"

    def _engine(self, engine: str) -> str:
        return f"{self._prefix}:engine:{engine}"


class _RedisListener:
    def __init__(self, url: str, key: str, block: float) -> None:
        self._redis = _client(url, block + 3)
        self._key = key
        self._block = max(1, int(block * 1000))
        newest = _asked(lambda: self._redis.xrevrange(key, count=1))
        self._after: bytes = newest[0][0] if newest else b"0-0"

    def __iter__(self) -> _RedisListener:
        return self

    def __next__(self) -> list[Signal]:
        streams: dict[Any, Any] = {self._key: self._after}
        heard = []
        for _, items in _asked(lambda: self._redis.xread(streams, block=self._block)) or ():
            for self._after, fields in items:
                heard.append(Signal(fields[b"kind"].decode(), fields[b"run"].decode()))
        return heard


def _client(url: str, timeout: float) -> Any:
    # One repeat, at once: the connection may be one from before a restart of Redis.
    retry = Retry(ConstantBackoff(0.01), 1)
    return redis.Redis.from_url(
        url, socket_connect_timeout=2, socket_timeout=timeout, retry=retry, protocol=2
    )


def _asked(question: Callable[[], T]) -> T:
    try:
        return question()
    except (redis.RedisError, OSError) as problem:
        raise BusDown(f"Redis doesn't answer: {problem}") from problem


def _id(position: Position) -> str:
    return f"{position.steps}-{position.seq}"
