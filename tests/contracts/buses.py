"""The buses that the contract suite runs on, and small words for its tests."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from django.conf import settings

from generation.bus import BEGIN, STEPS, Append, Bus, Entry, Position
from generation.bus.memory import MemoryBus
from generation.bus.redis_streams import RedisBus

KINDS = ["memory", "redis"] if settings.REDIS_URL else ["memory"]


@contextmanager
def bus_of(kind: str) -> Iterator[Bus]:
    prefix = f"test-{secrets.token_hex(6)}"
    bus: Bus = MemoryBus() if kind == "memory" else RedisBus(settings.REDIS_URL, prefix)
    try:
        yield bus
    finally:
        bus.close()
        if kind == "redis":
            wipe(prefix)


def wipe(prefix: str) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter(f"{prefix}:*", count=1000):
            client.delete(key)


def steps(first: int, count: int, prev: Position | None = None) -> Entry:
    """An entry of `count` steps that follows the steps before `first`."""
    begin = prev or (Position(first, 0) if first else BEGIN)
    return Entry(Position(first + count, 0), begin, STEPS, f"{first}+{count}".encode())


def event(position: int, seq: int = 1, kind: str = "nudge") -> Entry:
    return Entry(Position(position, seq), Position(position, seq - 1), kind, b'{"n":1}')


def append(bus: Bus, run: str, *entries: Entry, last: bool = False) -> frozenset[str]:
    return bus.append([Append(run, entries, last)])
