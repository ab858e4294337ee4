"""The database's side of an engine, in a thread of its own: claims, leases, and who lost what.

While the database is away it waits and tries again; the engine's thread goes on as long as the recorder
takes what comes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from queue import Empty, SimpleQueue

from django.db import DatabaseError, InterfaceError, connection, connections

from generation import lineage, metrics, runs, vocabulary
from generation.bus import BusDown, the_bus
from generation.outcome import unfinished
from generation.protocol import Reason
from generation.runs import Claim
from generation.served import Served
from generation.text.conversation import ConversationRefused
from generation.worker.judges import Unjudged
from generation.worker.ledger import missed
from generation.worker.loop import Loop, Refused
from generation.worker.shelf import Shelf
from generation.worker.task import Task, Unfit, prepare
from guard.policy.gate import UNANSWERED

LOOK = 2.0  # seconds between two looks at the queue when nobody says that there is work
PROOF = 0.2  # the same while the others wait for a suspect to show that it fells no engine
AWAY = 1.0  # seconds between two tries while the database is away
CLOSING = 3.0  # seconds
STUCK = 300.0  # seconds in one step of the engine, after which others may have its runs

log = logging.getLogger(__name__)


class Desk:
    """`wake`, `ended` and `lost` may be called from any thread, and never wait."""

    def __init__(
        self, engine: str, served: Served, places: int, stuck: Callable[[], None] | None = None
    ) -> None:
        self._engine = engine
        self._served = served
        self._places = places
        self._stuck = stuck
        self._shelf: Shelf | None = None
        self._loop: Loop | None = None
        self._awake = threading.Event()
        self._closed = threading.Event()
        self._claiming = True
        self._mine: dict[str, Claim] = {}  # by run: what the loop works on
        self._suspects: dict[str, Claim] = {}  # of those: whose tries came to nothing so far
        self._ending: dict[str, int] = {}  # by run: what the recorder is still to end
        self._ended: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self._lost: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self._unprepared: list[tuple[Claim, bool]] = []  # claimed; whether that was the run's own fault
        self._next_beat = self._next_reap = self._next_look = 0.0
        self._needed: dict[str, set[str]] = {}  # by run: the artifacts that judge it
        self._kept_vocabulary = False
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self, loop: Loop) -> None:
        self._loop = loop
        self._shelf = Shelf(self._served, loop.use)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to claim."""
        self._awake.set()

    def ended(self, run: str, epoch: int) -> None:
        """Its end is with the recorder: there is a free place."""
        self._ended.put((run, epoch))
        self._awake.set()

    def lost(self, run: str, epoch: int) -> None:
        """The recorder was refused, or can't record it."""
        self._lost.put((run, epoch))
        self._awake.set()

    def claim_no_more(self) -> None:
        self._claiming = False

    def close(self) -> None:
        """Leases are kept until here; ends the round that it is in, if that doesn't hang."""
        self._claiming = False
        self._closed.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSING)

    # -- the thread's own

    def _run(self) -> None:
        while not self._closed.is_set():
            self._awake.clear()
            pause = min(LOOK, runs.BEAT)
            try:
                self._round()
                pause = PROOF if self._suspects else pause
            except (DatabaseError, InterfaceError) as problem:
                metrics.DATABASE_ERRORS.inc()
                log.warning("The database doesn't answer the engine: %s", problem)
                connection.close()
                pause = AWAY
                self._closed.wait(AWAY)
            except Exception:
                log.exception("The engine's desk failed in one round, and goes on.")
                pause = AWAY
            if not self._mine:
                connection.close()
            self._awake.wait(pause)
        connections.close_all()

    def _round(self) -> None:
        self._hear()
        self._return_unprepared()
        now = time.monotonic()
        if now >= self._next_beat:
            self._beat()
            self._next_beat = now + runs.BEAT
        if now >= self._next_reap:
            runs.reap()
            runs.end_stranded(self._served.name, self._fingerprints())
            self._next_reap = now + runs.BEAT
        if now >= self._next_look:
            self._look()
            self._next_look = now + LOOK
        if not self._kept_vocabulary:
            vocabulary.keep(self._served.fingerprint, self._served.name, self._served.pieces)
            self._kept_vocabulary = True
        if self._claiming and not self._hangs() and not self._served.trouble():
            self._claim()

    def _hear(self) -> None:
        for run, epoch in _all(self._ended):
            self._mine.pop(run, None)
            self._ending[run] = epoch
        for run, epoch in _all(self._lost):
            self._drop(run, epoch)
            runs.give_up(run, epoch)

    def _drop(self, run: str, epoch: int) -> None:
        assert self._loop is not None
        if run in self._mine and self._mine[run].epoch == epoch:
            del self._mine[run]
        if self._ending.get(run) == epoch:
            del self._ending[run]
        self._loop.drop(run, epoch)

    def _return_unprepared(self) -> None:
        while self._unprepared:
            claim, at_fault = self._unprepared[-1]
            (runs.give_up if at_fault else runs.hand_over)(claim.run.id, claim.epoch)
            self._unprepared.pop()

    def _look(self) -> None:
        """At what is published and assigned by now: a new policy's guards are loaded between two steps."""
        assert self._shelf is not None
        self._needed = {run: needed for run, needed in self._needed.items() if run in self._mine}
        self._shelf.look(sha for needed in self._needed.values() for sha in needed)

    def _beat(self) -> None:
        """Keeps the leases, and compares what the database says is held with what is in hand."""
        assert self._loop is not None
        if self._hangs():
            log.error("The engine is stuck in a step for %.0f s; its runs' leases are given up.", STUCK)
            stuck, self._stuck = self._stuck, None
            if stuck is not None:
                stuck()
            return
        held = runs.beat(self._engine)
        for run, claim in list(self._mine.items()):
            if run not in held or held[run].epoch != claim.epoch:
                if not self._has_ended(run, claim.epoch):
                    self._drop(run, claim.epoch)
            elif held[run].cancelling:
                self._loop.cancel(run)
        self._ending = {
            run: epoch for run, epoch in self._ending.items() if run in held and held[run].epoch == epoch
        }
        for run, one in held.items():
            if run not in self._mine and run not in self._ending:
                runs.hand_over(run, one.epoch)  # claimed just when the database went away

    def _hangs(self) -> bool:
        assert self._loop is not None
        return bool(self._mine) and time.monotonic() - self._loop.turned > STUCK

    def _has_ended(self, run: str, epoch: int) -> bool:
        """Whether its end came through while the question was on its way."""
        self._hear()
        return self._ending.get(run) == epoch

    def _fingerprints(self) -> set[str]:
        try:
            others = {one.fingerprint for one in the_bus().engines()}
        except BusDown:
            others = set()
        return {self._served.fingerprint, *others}

    def _claim(self) -> None:
        room = max(0, self._places - len(self._mine))
        firsts = max(0, 2 * self._places - len(self._mine) - room)
        self._suspects = {run: one for run, one in self._suspects.items() if self._is_suspect(run, one)}
        served = self._served
        for claim in runs.claim(
            self._engine, served.name, served.fingerprint, room, firsts, suspects=not self._suspects
        ):
            run = claim.run
            if run.tries > runs.SUSPECT:
                self._suspects[run.id] = claim
            if claim.epoch == 1:
                waited = ((run.started or run.created) - run.created).total_seconds()
                metrics.QUEUE_WAIT.labels(served.name).observe(max(0.0, waited))
            self._prepare(claim)

    def _is_suspect(self, run: str, claim: Claim) -> bool:
        """Until a step of this try is recorded: from then on it would be no failed one."""
        held = run in self._mine and self._mine[run].epoch == claim.epoch
        return held and lineage.recorded(run, claim.run.at).steps <= claim.recorded.steps

    def _guarded(self, task: Task) -> Task | Refused:
        """With all the guards that judge it at hand, or not at all: only a shadow policy may be missing."""
        assert self._shelf is not None
        problems = self._shelf.have(task.bench.artifacts)
        bench, lost = task.bench.without(set(problems))
        if not lost:
            return task
        entries = missed(task, lost, self._served.fingerprint)
        if any(judge.spec.on_error == "block" for judge in lost):
            return replace(_refused(task.claim, UNANSWERED), judged=tuple(entries))
        return replace(task, bench=bench, missed=tuple(entries))

    def _prepare(self, claim: Claim) -> None:
        """To the loop with it; what can't be read now goes back, what can't be read at all is given up."""
        assert self._loop is not None
        order: Task | Refused
        try:
            try:
                order = self._guarded(prepare(claim, self._served))
            except Unjudged as problem:
                log.error("%s", problem)
                order = _refused(claim, UNANSWERED)
            except (Unfit, ConversationRefused) as refusal:
                order = _refused(claim, str(refusal))
        except (DatabaseError, InterfaceError):
            self._unprepared.append((claim, False))
            return
        except Exception:
            log.exception("The run %s can't be prepared; it is given up here.", claim.run.id)
            self._unprepared.append((claim, True))
            return
        self._mine[claim.run.id] = claim
        if isinstance(order, Task):
            self._needed[claim.run.id] = order.bench.artifacts
        self._loop.give(order)


def _refused(claim: Claim, sentence: str) -> Refused:
    return Refused(claim, unfinished(claim.run, claim.recorded, Reason.FAILED, sentence))


def _all(queue: SimpleQueue[tuple[str, int]]) -> list[tuple[str, int]]:
    found = []
    while True:
        try:
            found.append(queue.get_nowait())
        except Empty:
            return found
