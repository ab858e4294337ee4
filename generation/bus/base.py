"""The bus's contract: what a worker sends while it works, and what the others may hear of it.

Nothing on the bus is the only copy of anything. Steps and events are in the database before they are
appended here, a run's state is its row, a signal only wakes. So a bus may lose all it holds at any time, and
a reader is told (`StreamLost`, or an empty answer) to ask the database.

A `Position` counts steps: `(7, 0)` is behind seven steps, `(7, 1)` behind the first event that stands there.
Each entry names the position `prev` of the entry before it, so that a reader sees every hole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class BusDown(Exception):
    """The bus doesn't answer. It is asked anew at the next call; nobody need restart anything."""


class StreamLost(Exception):
    """The stream doesn't hold what follows the cursor: the database does."""


class Position(NamedTuple):
    steps: int
    seq: int


BEGIN = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """Steps (`kind` is `steps`, `body` their bytes), or one event (`body` is its JSON)."""

    position: Position  # behind it
    prev: Position  # of the entry before; no step and no event lies between
    kind: str
    body: bytes


STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Append:
    """What is new of one run. `last`: nothing follows, the stream may go when readers have had time."""

    run: str
    entries: Sequence[Entry]
    last: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """`work`: there may be a queued run. `cancel`: `run` is to stop. Heard by every engine; it only wakes."""

    kind: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """An engine as it last described itself."""

    engine: str
    model: str
    fingerprint: str
    loaded: bool
    running: int = 0
    waiting: int = 0
    detail: str = ""  # for people: "loading 40 %"


class Bus(Protocol):
    """Every method may raise BusDown. Those without `async` may be called from any thread, and may block."""

    def append(self, appends: Sequence[Append]) -> frozenset[str]:
        """All of them in one round trip, in order; the runs in the answer were refused, wholly or in part.

        At most once for each position: an entry at or before the newest one of its stream is refused, so that
        a repeat, or a writer that slept, changes nothing.
        """

    async def read(self, run: str, after: Position, block: float, limit: int = 64) -> list[Entry]:
        """The entries behind `after`, in order, without a hole; waits up to `block` seconds for the first.

        An entry may begin before `after`; its steps up to there are the reader's to pass over.
        Raises StreamLost where what follows `after` isn't here (trimmed, wiped in between, never appended).
        An empty answer says that nothing came in time. Whether nothing happened, or the stream expired or
        was wiped, only the database knows.
        """

    def forget(self, run: str) -> None:
        """The stream goes at once: the run was deleted."""

    def signal(self, signal: Signal) -> None: ...

    def listen(self, block: float) -> Listener:
        """Signals from now on. Each `next` waits up to `block` seconds and gives what came."""

    def beat(self, presence: Presence, seconds: float) -> None:
        """The engine is there for another `seconds`."""

    def leave(self, engine: str) -> None:
        """The engine is gone on purpose."""

    def engines(self) -> list[Presence]:
        """Those whose beat still holds, by name."""

    def close(self) -> None:
        """Lets go of connections and of waiting readers (they get BusDown)."""


class Listener(Iterator[list[Signal]], Protocol):
    """Belongs to one thread. A bus that was away costs BusDown once; what was said meanwhile may be lost."""

    def __next__(self) -> list[Signal]: ...


def joined(entries: Sequence[Entry], after: Position) -> bool:
    """Whether these entries follow `after` without a hole."""
    for entry in entries:
        if entry.prev > after:
            return False
        after = entry.position
    return True
