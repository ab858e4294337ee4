"""The bus inside one process: an engine thread writes, coroutines on any loop read.

A reader is woken through its own loop within a millisecond of the append; a writer never waits for one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence

from generation.bus.base import (
    BEGIN,
    Append,
    BusDown,
    Entry,
    Listener,
    Position,
    Presence,
    Signal,
    StreamLost,
    joined,
)

MOST_ENTRIES = 1024  # of one stream; older ones are in the database
KEPT_AFTER_LAST = 60.0  # seconds


class _Stream:
    __slots__ = ("ends", "entries", "newest", "waiting")

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self.newest = BEGIN
        self.ends: float | None = None
        self.waiting: set[_Waiter] = set()


class _Waiter:
    """One reader, asleep on its own loop."""

    __slots__ = ("future", "loop")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.future = self.loop.create_future()

    def wake(self) -> None:
        """On its own loop."""
        if not self.future.done():
            self.future.set_result(None)


class MemoryBus:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[str, _Stream] = {}
        self._ending: deque[tuple[float, str]] = deque()
        self._listeners: set[_MemoryListener] = set()
        self._presences: dict[str, tuple[float, Presence]] = {}
        self._closed = False

    def append(self, appends: Sequence[Append]) -> frozenset[str]:
        refused = set()
        awake: list[_Waiter] = []
        with self._lock:
            self._check()
            for append in appends:
                stream = self._streams.setdefault(append.run, _Stream())
                for entry in append.entries:
                    if entry.position <= stream.newest:
                        refused.add(append.run)
                        continue
                    stream.entries.append(entry)
                    stream.newest = entry.position
                if append.last and stream.ends is None:
                    stream.ends = time.monotonic() + KEPT_AFTER_LAST
                    self._ending.append((stream.ends, append.run))
                awake += stream.waiting
                stream.waiting.clear()
            self._sweep()
        _wake(awake)
        return frozenset(refused)

    async def read(self, run: str, after: Position, block: float, limit: int = 64) -> list[Entry]:
        until = time.monotonic() + block
        while True:
            with self._lock:
                self._check()
                stream = self._streams.get(run)
                found = _behind(stream.entries, after, limit) if stream else []
                if found or (left := until - time.monotonic()) <= 0:
                    break
                waiter = _Waiter()
                self._streams.setdefault(run, _Stream()).waiting.add(waiter)
            alarm = waiter.loop.call_later(left, waiter.wake)
            try:
                await waiter.future
            finally:
                alarm.cancel()
                self._drop(run, waiter)
        if not joined(found, after):
            raise StreamLost(run)
        return found

    def forget(self, run: str) -> None:
        with self._lock:
            stream = self._streams.pop(run, None)
        if stream is not None:
            _wake(stream.waiting)

    def signal(self, signal: Signal) -> None:
        with self._lock:
            self._check()
            for listener in self._listeners:
                listener.put(signal)

    def listen(self, block: float) -> Listener:
        return _MemoryListener(self, block)

    def beat(self, presence: Presence, seconds: float) -> None:
        with self._lock:
            self._check()
            self._presences[presence.engine] = (time.monotonic() + seconds, presence)

    def leave(self, engine: str) -> None:
        with self._lock:
            self._presences.pop(engine, None)

    def engines(self) -> list[Presence]:
        with self._lock:
            self._check()
            now = time.monotonic()
            here = [presence for until, presence in self._presences.values() if until > now]
        return sorted(here, key=lambda presence: presence.engine)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            awake = [waiter for stream in self._streams.values() for waiter in stream.waiting]
            self._streams.clear()
            for listener in self._listeners:
                listener.arrived.set()
        _wake(awake)

    def join(self, listener: _MemoryListener) -> None:
        with self._lock:
            self._listeners.add(listener)

    def check(self) -> None:
        with self._lock:
            self._check()

    def _check(self) -> None:
        if self._closed:
            raise BusDown("The bus in this process is closed.")

    def _drop(self, run: str, waiter: _Waiter) -> None:
        """A reader that goes leaves nothing behind, not even the empty stream that it waited on."""
        with self._lock:
            stream = self._streams.get(run)
            if stream is None:
                return
            stream.waiting.discard(waiter)
            if not stream.entries and not stream.waiting and stream.newest == BEGIN:
                del self._streams[run]

    def _sweep(self) -> None:
        now = time.monotonic()
        while self._ending and self._ending[0][0] <= now:
            ends, run = self._ending.popleft()
            stream = self._streams.get(run)
            if stream is not None and stream.ends == ends and not stream.waiting:
                del self._streams[run]


class _MemoryListener:
    def __init__(self, bus: MemoryBus, block: float) -> None:
        self._bus = bus
        self._block = block
        self._signals: deque[Signal] = deque(maxlen=10_000)
        self.arrived = threading.Event()
        bus.join(self)

    def put(self, signal: Signal) -> None:
        self._signals.append(signal)
        self.arrived.set()

    def __iter__(self) -> _MemoryListener:
        return self

    def __next__(self) -> list[Signal]:
        self._bus.check()
        self.arrived.wait(self._block)
        self._bus.check()
        self.arrived.clear()
        heard = []
        while self._signals:
            heard.append(self._signals.popleft())
        return heard


def _behind(entries: deque[Entry], after: Position, limit: int) -> list[Entry]:
    """From the newest backwards: a live reader is at the end."""
    behind = 0
    for entry in reversed(entries):
        if entry.position <= after:
            break
        behind += 1
    start = len(entries) - behind
    return [entries[at] for at in range(start, min(start + limit, len(entries)))]


def _wake(waiters: Iterable[_Waiter]) -> None:
    """One call for all readers of a loop: each would wake that loop's thread anew."""
    asleep: dict[asyncio.AbstractEventLoop, list[_Waiter]] = {}
    for waiter in waiters:
        asleep.setdefault(waiter.loop, []).append(waiter)
    for loop, together in asleep.items():
        try:
            loop.call_soon_threadsafe(_wake_all, together)
        except RuntimeError:  # it is closed: nobody is asleep there any more
            continue


def _wake_all(waiters: Iterable[_Waiter]) -> None:
    """On their own loop."""
    for waiter in waiters:
        waiter.wake()
