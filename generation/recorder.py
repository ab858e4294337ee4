"""From the engine's thread into the database, and only then to those who watch.

**Recorded before it is sent.** A step is committed to the database before it is appended to the bus, and no
reader gets a step from anywhere else. So a step that anybody may have seen is never made again, whatever
crashes: who takes the run over goes on behind it. Nothing is lost (a step that was not committed was not
seen, and is made again) and nothing comes twice (a chunk is unique by run and first step, a position on the
bus is taken once). This holds in both forms, with Redis wiped as well as without: the bus never is the only
copy.

**Fenced.** The commit locks the runs' rows and looks at their epochs. A run that has been claimed anew or has
ended is left out, and `fenced(run, epoch)` is told, once or more (it calls `runs.give_up`): an engine that
slept through its lease writes nothing.

**Withdrawn for good.** What a guard retracts is taken out of the stored steps in the commit that records the
`retract` (`chunks.masked`): whoever reads the run later, by whatever way, finds its place and its scores, and
no text. The guards' verdicts are kept in the same commit (`guard.audit`), and there staff can read it.

The price is one commit for all runs of the engine, at most each INTERVAL: the same 40 ms in which a socket's
frames are joined anyway. The first step after a pause is committed at once, an end after at most SOON, and
its run is sealed with the next commit: by then its readers have it. Measured on SQLite: a commit takes 80 µs
of processor time for one run's steps, 240 µs for sixteen runs'. While the database is away, steps wait here
(`waiting` says how many: the worker pauses when they are many) and nothing is shown.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import orjson
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from generation import metrics, runs, sealing
from generation.bus import STEPS, Bus, BusDown, Entry, Position
from generation.commit import Decided, Event, Held, Write, appends, commit
from generation.outcome import Outcome
from generation.protocol import Finished, Retract, Started, body_of
from guard.audit.verdicts import Judged

INTERVAL = 0.04  # seconds
SOON = 0.01  # seconds between two commits, where the second one has an end to tell
PATIENCE = 1.0  # seconds between tries while the database is away, at most
IDLE = 1.0  # seconds without work after which the connection goes back

log = logging.getLogger(__name__)


class Recorder:
    """One for an engine. `open … finish` come from its thread and never wait; the rest has its own thread."""

    def __init__(self, bus: Bus, fenced: Callable[[str, int], None], interval: float = INTERVAL) -> None:
        self._bus = bus
        self._fenced = fenced
        self._interval = interval
        self._open: dict[str, tuple[int, Position]] = {}
        self._fingerprints: dict[str, str] = {}  # of the weights that the open runs are made with
        self._pending: list[Write] = []
        self._ends = False  # an end is among them
        self._ended: list[str] = []  # recorded and sent, and not sealed yet
        self._work = threading.Condition()
        self._gathering = 0  # how many are in `together`
        self._committing = False
        self._closing = False  # nothing is put off any more
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def open(self, claim: runs.Claim) -> None:
        self._open[claim.run.id] = (claim.epoch, claim.recorded)
        self._fingerprints[claim.run.id] = claim.run.fingerprint

    def steps(self, run: str, block: bytes, count: int) -> None:
        """`count` more steps, encoded by `chunks.encode`."""
        epoch, prev = self._open[run]
        position = Position(prev.steps + count, 0)
        self._put(Write(run, epoch, Entry(position, prev, STEPS, block), count))

    def event(self, message: Event) -> None:
        """Something that happened behind the steps so far."""
        epoch, prev = self._open[message.run]
        body = body_of(message)
        if isinstance(message, Started):
            # So a reader knows whose words the tokens are, and needn't ask the database.
            body["fingerprint"] = self._fingerprints[message.run]
        entry = Entry(Position(prev.steps, prev.seq + 1), prev, message.type, orjson.dumps(body))
        if isinstance(message, Retract):
            self._withdraw(message)
        self._put(Write(message.run, epoch, entry, message=message))

    def judged(self, run: str, judged: Sequence[Judged]) -> None:
        """For the audit; kept with what else is recorded of the run, or not at all."""
        epoch, _ = self._open[run]
        self._put(Write(run, epoch, None, judged=judged))

    def decided(self, run: str, decided: Decided) -> None:
        """What a policy did: what an engine that takes the run over has to know."""
        epoch, _ = self._open[run]
        self._put(Write(run, epoch, None, decision=decided))

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is handed over within it is recorded in one commit, or none of it."""
        with self._work:
            self._gathering += 1
            try:
                yield
            finally:
                self._gathering -= 1
                self._tell()

    def finish(self, run: str, outcome: Outcome) -> None:
        epoch, prev = self._open[run]
        body = orjson.dumps(body_of(_finished(run, outcome)))
        entry = Entry(Position(prev.steps, prev.seq + 1), prev, "finished", body)
        self._put(Write(run, epoch, entry, outcome=outcome))
        self.drop(run)

    def drop(self, run: str) -> None:
        """No more of this run; what is waiting is still recorded."""
        self._open.pop(run, None)
        self._fingerprints.pop(run, None)

    @property
    def waiting(self) -> int:
        return len(self._pending)

    def drain(self, seconds: float) -> bool:
        """Waits until all is recorded and sealed; whether it was in time."""
        with self._work:
            return self._work.wait_for(self._is_idle, seconds)

    def _is_idle(self) -> bool:
        return not self._pending and not self._ended and not self._committing

    def close(self, seconds: float = 5.0) -> bool:
        """Records what is waiting and ends; whether all was recorded in time."""
        with self._work:
            self._closing = True
            self._work.notify_all()
        done = self.drain(seconds)
        with self._work:
            self._stopping = True
            self._work.notify_all()
        self._thread.join(seconds)
        return done

    def _withdraw(self, message: Retract) -> None:
        """What still waits to be recorded is never sent at all."""
        with self._work:
            self._pending = [
                write.without(message.first, message.last) if write.run == message.run else write
                for write in self._pending
            ]

    def _put(self, write: Write) -> None:
        if write.entry is not None:
            self._open[write.run] = (write.epoch, write.entry.position)
        with self._work:
            self._pending.append(write)
            self._ends |= write.outcome is not None
            self._tell()

    def _tell(self) -> None:
        """Once for all that is handed over together: who is woken in its midst would only be in the way."""
        if not self._gathering:
            self._work.notify_all()

    def _run(self) -> None:
        began = -self._interval
        while True:
            with self._work:
                self._await_work(began)
                if self._stopping and not self._pending and not self._ended:
                    break
                batch, self._pending, self._ends = self._pending, [], False
                self._committing = True
            began = time.monotonic()
            # Sealed now, and not at once, so that nobody waits for an answer's last steps meanwhile.
            ended, self._ended = self._ended, []
            try:
                if batch:
                    self._flush(batch)
            except Exception:
                log.exception("A batch of steps could not be recorded; its runs are given up here.")
                for run, epoch in {(write.run, write.epoch) for write in batch}:
                    self._fenced(run, epoch)
            finally:
                for run in ended:
                    _seal(run)
                with self._work:
                    self._committing = False
                    self._work.notify_all()
        connections.close_all()

    def _await_work(self, began: float) -> None:
        """Until the next commit is due; `began` is when the last one was. An end hardly waits."""
        due, soon = began + self._interval, began + min(SOON, self._interval)
        if not self._ended and not self._work.wait_for(self._has_work, IDLE):
            connection.close()  # a connection of the pool is for those who work
            self._work.wait_for(self._has_work)
        self._work.wait_for(lambda: self._closing or self._ends, max(0.0, due - time.monotonic()))
        self._work.wait_for(lambda: self._closing, max(0.0, soon - time.monotonic()))

    def _has_work(self) -> bool:
        return bool(self._pending) or self._stopping

    def _flush(self, batch: list[Write]) -> None:
        live = self._recorded(batch)
        dead = {(write.run, write.epoch) for write in batch} - live
        written = [write for write in batch if (write.run, write.epoch) in live]
        try:
            self._bus.append(appends(written))
        except BusDown as problem:
            metrics.BUS_ERRORS.inc()
            log.warning("Steps are recorded but not sent: %s", problem)
        self._ended += [write.run for write in written if write.outcome is not None]
        for run, epoch in dead:
            self._fenced(run, epoch)

    def _recorded(self, batch: list[Write]) -> set[Held]:
        """Commits the batch, however long the database is away; what is still the engine's of it.

        The batch stays as it is over all tries, so that one whose commit came through although its answer
        was lost is recognised by its chunks' first steps.
        """
        pause = 0.05
        while True:
            try:
                return commit(batch)
            except (OperationalError, InterfaceError) as problem:
                metrics.DATABASE_ERRORS.inc()
                log.warning("The database doesn't take steps: %s", problem)
                connection.close()
            except DatabaseError:
                log.exception("A batch of steps could not be recorded; trying its runs one by one.")
                return self._one_by_one(batch)
            with self._work:
                if self._work.wait_for(lambda: self._stopping, pause):
                    return set()
            pause = min(pause * 2, PATIENCE)

    def _one_by_one(self, batch: list[Write]) -> set[Held]:
        live: set[Held] = set()
        for run in dict.fromkeys(write.run for write in batch):
            try:
                live |= commit([write for write in batch if write.run == run])
            except DatabaseError:
                log.exception("The run %s can't be recorded; it is given up here.", run)
        return live


def _finished(run: str, outcome: Outcome) -> Finished:
    return Finished(
        run=run,
        reason=outcome.reason,
        steps=outcome.steps,
        usage=outcome.usage,
        timings=outcome.timings,
        guard=outcome.guard or None,
        message=outcome.message or None,
    )


def _seal(run: str) -> None:
    try:
        sealing.seal(run)
    except (DatabaseError, InterfaceError) as problem:
        log.warning("The run %s keeps its small chunks: %s", run, problem)
        connection.close()
    except Exception:
        log.exception("The run %s keeps its small chunks.", run)
