"""What an engine writes, as one transaction, and the same as entries for the bus."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connection, transaction

from generation import chunks, lineage, runs
from generation.bus import STEPS, Append, Entry
from generation.models import Decision, Run, RunEvent
from generation.outcome import Outcome
from generation.protocol import Nudge, Retract, Started, Verdict, body_of
from guard.audit import verdicts
from guard.audit.verdicts import Judged

FROZEN = 5000  # ms after which PostgreSQL frees the rows of an engine that was paused within a commit

Event = Started | Nudge | Verdict | Retract
Held = tuple[str, int]  # a run, and the epoch of the claim under which it is written


class Decided(NamedTuple):
    number: int
    at: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Write:
    run: str
    epoch: int
    entry: Entry | None  # None: there is nothing for the run's readers
    steps: int = 0
    message: Event | None = None
    outcome: Outcome | None = None
    judged: Sequence[Judged] = ()
    decision: Decided | None = None

    def without(self, first: int, last: int) -> Write:
        """The same steps, of which these say nothing any more."""
        entry = self.entry
        if entry is None or not self.steps or last < entry.prev.steps or first >= entry.position.steps:
            return self
        return replace(self, entry=replace(entry, body=chunks.masked(entry.body, first, last)))


def commit(batch: Sequence[Write]) -> set[Held]:
    """A run may be there under two epochs: lost, taken back, and claimed anew by the same engine."""
    claimed = {(write.run, write.epoch) for write in batch}
    # Whose steps an ending run shares may lose some of them just now: who commits last sees both.
    ending = {write.run for write in batch if write.outcome is not None}
    lines = {run: [one.run for one in lineage.stretches(run)] for run in ending}
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {FROZEN}")
        live = {
            (run, epoch)
            for run, epoch, status in _locked({run for run, _ in claimed}.union(*lines.values()))
            # Finished under this epoch: by this very batch, whose answer got lost.
            if (run, epoch) in claimed and status != Run.Status.QUEUED
        }
        _add_chunks(batch, live)
        RunEvent.objects.bulk_create(_events(batch, live), ignore_conflicts=True)
        mine = [write for write in batch if (write.run, write.epoch) in live]
        Decision.objects.bulk_create(_decisions(mine), ignore_conflicts=True)
        for write in mine:
            if isinstance(write.message, Retract):
                lineage.withdraw(write.run, write.message.first, write.message.last)
                for branch in lineage.sharing(write.run, write.message.first):
                    runs.retell(branch)
            if write.outcome is not None:
                runs.finish(write.run, write.epoch, write.outcome)
                if lineage.have_lost(lines[write.run][:-1]):
                    runs.retell(write.run)
        # Last: from here to the commit everybody else who appends to the audit waits.
        if judged := [one for write in mine for one in write.judged]:
            verdicts.record(judged)
    return live


def _locked(runs: Collection[str]) -> list[tuple[str, int, str]]:
    """Until the end of the transaction. Id, epoch and status of each that is there."""
    lock = "FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    marks = ", ".join(["%s"] * len(runs))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, epoch, status FROM generation_run WHERE id IN ({marks}) ORDER BY id {lock}",  # noqa: S608
            list(runs),
        )
        return list(cursor)


def _add_chunks(batch: Iterable[Write], live: set[Held]) -> None:
    """One a run, however many steps of the engine it joins; one that is there already stays as it is.

    Plain SQL, as is the lock: these two are what every commit does, and Django took as long for them as all
    the rest together.
    """
    found: dict[str, list[Entry]] = {}
    for write in batch:
        if write.entry is not None and write.steps and (write.run, write.epoch) in live:
            found.setdefault(write.run, []).append(write.entry)
    if not found:
        return
    values: list[str | int | bytes] = []
    for run, entries in found.items():
        first, end = entries[0].prev.steps, entries[-1].position.steps
        values += (run, first, end - first, chunks.VERSION, b"".join(entry.body for entry in entries))
    columns, rows = "(run_id, first, count, version, blob)", ", ".join(["(%s, %s, %s, %s, %s)"] * len(found))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO generation_stepchunk {columns} VALUES {rows} ON CONFLICT DO NOTHING",  # noqa: S608
            values,
        )


def _events(batch: Iterable[Write], live: set[Held]) -> list[RunEvent]:
    return [
        RunEvent(
            run_id=write.run,
            position=write.entry.position.steps,
            seq=write.entry.position.seq,
            kind=write.message.type,
            body=body_of(write.message),
        )
        for write in batch
        if write.entry is not None and write.message is not None and (write.run, write.epoch) in live
    ]


def _decisions(mine: Iterable[Write]) -> list[Decision]:
    return [
        Decision(run_id=write.run, **write.decision._asdict()) for write in mine if write.decision is not None
    ]


def appends(batch: Iterable[Write]) -> list[Append]:
    """Each run's entries, neighbouring steps joined into one."""
    entries: dict[str, list[Entry]] = {}
    ended = set()
    for write in batch:
        entry, mine = write.entry, entries.setdefault(write.run, [])
        if entry is None:
            continue
        if write.outcome is not None:
            ended.add(write.run)
        if write.steps and mine and mine[-1].kind == STEPS:
            before = mine.pop()
            entry = Entry(entry.position, before.prev, STEPS, before.body + entry.body)
        mine.append(entry)
    return [Append(run, mine, run in ended) for run, mine in entries.items()]
