"""The one reader of a run, for socket, page and export: shared steps, then the stream, then the database.

It gives every step behind the cursor once, in order, with the events where they happened, and ends with
`finished`, or with `gone` where the steps were deleted. What the stream doesn't have (a hole, a wiped Redis,
one that doesn't answer) comes from the database, where every step was before it was sent.

`Reader.read` takes no more from anywhere than it is asked for: a client whose window is full costs nothing.
While it waits it asks the database once in SILENCE seconds; while steps come, never.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import orjson
from channels.db import database_sync_to_async

from generation import chunks, lineage, messages, queue, vocabulary
from generation.bus import STEPS, Bus, BusDown, Entry, Position, StreamLost, the_bus
from generation.lineage import Stretch
from generation.models import Run, RunEvent
from generation.protocol import Finished, Gone, Queued, ServerMessage, Started, StepJson, Steps, from_body

SILENCE = 2.0  # seconds without anything new after which the database is asked
WAITING = 1.0  # the same for a queued run, whose position changes
BEGINNING = 0.1  # the same for one that has just been begun: most are taken at once and never wait
AWAY = 0.5  # between two looks at the database while the bus is down
PAGE = 128  # steps that are taken from the database at once
ENTRIES = 16  # of the stream at once: as much as a reader keeps that nobody asks for more

Item = StepJson | ServerMessage


@dataclass(frozen=True, slots=True)
class _Look:
    """What the database held behind a cursor."""

    items: list[Item]
    cursor: Position
    status: str
    last: Finished | Gone | None = None
    position: int = 0  # in the queue
    full: bool = False  # a page: more may be recorded behind it


class Reader:
    """Follows one run from behind step `after`. Belongs to one task; dropping it is all that ends it."""

    def __init__(self, run: str, after: int = -1, bus: Bus | None = None, *, begun: bool = False) -> None:
        """`begun`: it has just been queued, so of its own there is nothing yet to be read."""
        self.run = run
        self.done = False
        self._bus = bus or the_bus()
        self._cursor = Position(after + 1, 0)
        self._items: deque[Item] = deque()
        self._last: ServerMessage | None = None
        self._status: str = Run.Status.QUEUED if begun else ""  # as the database last said
        self._waiting = BEGINNING if begun else WAITING
        self._place = 0
        self._visible: Callable[[int], str] | None = None

    async def read(self, limit: int = 256) -> list[ServerMessage]:
        """What comes next, at most `limit` steps of it; waits for the first. Empty when `done`."""
        while not self._items and self._last is None and not self.done:
            await self._fill()
        answer: list[ServerMessage] = []
        steps: list[StepJson] = []
        while self._items and len(steps) < limit:
            item = self._items.popleft()
            if isinstance(item, dict):
                steps.append(item)
                continue
            if steps:
                answer.append(Steps(run=self.run, steps=steps))
                limit, steps = limit - len(steps), []
            answer.append(item)
        if steps:
            answer.append(Steps(run=self.run, steps=steps))
        if self._last is not None and not self._items:
            answer.append(self._last)
            self._last, self.done = None, True
        return answer

    async def gather(self, seconds: float) -> bool:
        """Takes in for so long what comes, no more than ENTRIES; at once True when the end is among it."""
        until = time.monotonic() + seconds
        entries = 0
        while self._status == Run.Status.RUNNING and self._last is None and entries < ENTRIES:
            left = until - time.monotonic()
            if left <= 0:
                return False
            try:
                found = await self._bus.read(self.run, self._cursor, left, ENTRIES - entries)
            except (StreamLost, BusDown):
                break  # `read` finds the way
            await self._take_all(found)
            entries += len(found)
        if self._last is not None and entries:
            return True
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        return False

    async def _fill(self) -> None:
        # Until the database said that the run runs, there may be shared steps, or all may be over.
        if self._status == Run.Status.RUNNING:
            await self._listen(SILENCE)
        elif self._status == Run.Status.QUEUED:
            await self._listen(self._waiting)
        else:
            await self._look()

    async def _listen(self, seconds: float) -> None:
        try:
            entries = await self._bus.read(self.run, self._cursor, seconds, ENTRIES)
        except StreamLost:
            entries = []
        except BusDown:
            await asyncio.sleep(AWAY)
            entries = []
        if not entries:
            await self._look()
            return
        self._status = Run.Status.RUNNING
        await self._take_all(entries)

    async def _take_all(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.kind == STEPS and self._visible is None:
                self._visible = await database_sync_to_async(_visible_of)(self.run)
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        if entry.kind == STEPS:
            assert self._visible is not None
            self._items += chunks.decode(entry.body, self._visible, self._cursor.steps - 1)
        else:
            body = orjson.loads(entry.body)
            message = from_body(entry.kind, self.run, body)
            if self._visible is None and isinstance(message, Started):
                self._visible = vocabulary.at_hand(body.get("fingerprint", ""))
            if isinstance(message, Finished):
                self._last = message
            else:
                self._items.append(message)
        self._cursor = entry.position

    async def _look(self) -> None:
        found = await database_sync_to_async(_look)(self.run, self._cursor)
        self._waiting = WAITING
        self._items += found.items
        self._cursor, self._last = found.cursor, found.last
        # A full page leaves more to be read there before the stream is of use.
        self._status = "" if found.full else found.status
        if found.position and found.position != self._place:
            self._place = found.position
            self._items.append(Queued(run=self.run, position=found.position))


def history(run: str, after: int = -1) -> Iterator[ServerMessage]:
    """All that is recorded now, the end included if there is one; for pages and exports, without waiting."""
    cursor = Position(after + 1, 0)
    while True:
        found = _look(run, cursor)
        steps: list[StepJson] = []
        for item in found.items:
            if isinstance(item, dict):
                steps.append(item)
                continue
            if steps:
                yield Steps(run=run, steps=steps)
                steps = []
            yield item
        if steps:
            yield Steps(run=run, steps=steps)
        cursor = found.cursor
        if found.last is not None:
            yield found.last
        if not found.full:
            return


def _look(run: str, cursor: Position) -> _Look:
    """One page behind the cursor. The row is read first: once it says finished, all steps are recorded."""
    kept = Run.objects.defer("text", "folded", "given", "edit").filter(deleted=None, study__deleted=None)
    row = kept.filter(id=run).first()
    if row is None or row.gone is not None:
        return _Look([], cursor, Run.Status.FINISHED, Gone(run=run))
    items: list[Item] = []
    begin = cursor
    for stretch in lineage.stretches(run):
        if (stretch.end is None or cursor.steps < stretch.end) and cursor.steps - begin.steps < PAGE:
            found, cursor = _page(run, stretch, cursor)
            items += found
    full = cursor.steps - begin.steps >= PAGE
    last = messages.finished(row) if row.status == Run.Status.FINISHED and not full else None
    waits = row.status == Run.Status.QUEUED and not items
    position = _position(row) if waits else 0
    return _Look(items, cursor, row.status, last, position, full)


def _position(row: Run) -> int:
    """In the queue, at most half of WAITING old: many who wait together ask for it once."""
    places = _places(row.model, int(time.monotonic() * 2 / WAITING))
    return places.get(row.id) or queue.positions(row.model).get(row.id, 0)


@lru_cache(maxsize=16)
def _places(model: str, moment: int) -> dict[str, int]:
    return queue.positions(model)


def _page(run: str, stretch: Stretch, cursor: Position) -> tuple[list[Item], Position]:
    """At most PAGE steps of the stretch with the events among them, and the cursor behind them."""
    if not stretch.fingerprint:
        # It was queued when it was asked for: steps that it has by now come with the next question.
        return [], cursor
    visible = vocabulary.visible(stretch.fingerprint)
    begin = max(cursor.steps, stretch.first)
    limit = begin + PAGE if stretch.end is None else min(begin + PAGE, stretch.end)
    steps: list[StepJson] = []
    for blob in lineage.blobs(stretch, begin - 1, PAGE):
        steps += chunks.decode(blob, visible, begin - 1, limit)
    end = steps[-1]["i"] + 1 if steps else cursor.steps
    items: list[Item] = list(steps)
    reached = Position(end, 0) if end > cursor.steps else cursor
    at = len(items)
    for event in reversed(_events(stretch, cursor, end)):
        at = min(at, max(0, event.position - (end - len(steps))))
        items.insert(at, from_body(event.kind, run, event.body))
        reached = max(reached, Position(event.position, event.seq))
    return items, reached


def _events(stretch: Stretch, cursor: Position, end: int) -> list[RunEvent]:
    """Those behind the cursor and not behind step `end`; of an ancestor, those among the shared steps."""
    found = RunEvent.objects.filter(run=stretch.run, position__gte=cursor.steps, position__lte=end)
    if stretch.end is not None:
        found = found.filter(position__lt=stretch.end).exclude(kind="started")
    events = found.order_by("position", "seq")
    return [event for event in events if Position(event.position, event.seq) > cursor]


def _visible_of(run: str) -> Callable[[int], str]:
    row = Run.objects.only("fingerprint").filter(id=run).first()
    return vocabulary.visible(row.fingerprint if row else "")
