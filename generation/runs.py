"""The only writer of a run's status.

    queued → running → finished
       ↑________|  (handed over, or its lease ran out)

Every change is one guarded update and a look at the row count, so of two who try the same change one does it,
on SQLite as on PostgreSQL. A claim raises the run's `epoch`. Whoever writes for a run names the epoch of its
claim, and is refused when another claim or an end came after it: a paused engine that wakes up changes
nothing.

An engine holds a run for LEASE seconds from its last `beat`. `reap` gives runs whose lease ran out back to
the queue; one that was claimed MOST_TRIES times without a step being recorded ends as failed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from generation import lineage, messages, metrics, sealing
from generation.bus import Append, BusDown, Entry, Position, Signal, the_bus
from generation.models import Run
from generation.outcome import Outcome, ending, told, unfinished
from generation.protocol import Reason, body_of
from generation.queue import Waiting, order, running

LEASE = timedelta(seconds=settings.SAFELENS_LEASE)
BEAT = settings.SAFELENS_LEASE / 4  # seconds between two beats
MOST_TRIES = 3
SUSPECT = MOST_TRIES - 1  # failed tries after which a run is taken alone: one may come of any kill
POISON = "The engine failed three times on this run."
STRANDED = timedelta(minutes=30)
REPLACED = "The model was replaced while this answer was being written; ask again."

QUEUED, RUNNING, FINISHED = Run.Status.QUEUED, Run.Status.RUNNING, Run.Status.FINISHED

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is this engine's, under this epoch; its line is recorded up to `recorded`."""

    run: Run
    epoch: int
    recorded: Position


class Held(NamedTuple):
    epoch: int
    cancelling: bool


def enqueue(run: Run) -> None:
    """Saves a new run and wakes the engines once it is committed."""
    run.status = QUEUED
    run.save(force_insert=True)
    transaction.on_commit(lambda: _signal(Signal("work")))


def claim(
    engine: str, model: str, fingerprint: str, count: int, firsts: int = 0, *, suspects: bool = True
) -> list[Claim]:
    """Up to `count` runs, the fairest next ones, and up to `firsts` more of users who have none going on.

    A run that began on other weights is left alone. Of suspects, whose last SUSPECT tries came to nothing, at
    most one is taken, and none where `suspects` is False: it may be what felled the engine, and the others
    with it.
    """
    chosen: list[Waiting] = []
    busy = set(running(model)) if firsts else set()
    for waiting in order(model):
        if len(chosen) >= count + firsts:
            break
        is_first = waiting.owner not in busy
        is_suspect = waiting.tries >= SUSPECT
        if waiting.fingerprint not in ("", fingerprint) or (is_suspect and not suspects):
            continue
        if len(chosen) >= count and not is_first:
            continue
        chosen.append(waiting)
        busy.add(waiting.owner)
        suspects = suspects and not is_suspect
    claims = _claim_all(chosen, engine, fingerprint)
    if len(claims) == len(chosen):
        return claims
    # Another engine was quicker, or they are gone: there may be others to take in their place.
    taken = len(claims)
    room, more = max(0, count - taken), max(0, firsts - max(0, taken - count))
    return claims + claim(engine, model, fingerprint, room, more, suspects=suspects)


def end_queued(model: str, sentence: str) -> int:
    """Ends all that waits for a model which nobody can serve; how many."""
    waiting = Run.objects.filter(status=QUEUED, model=model).values_list("id", flat=True)
    return sum(_end(run, {"status": QUEUED}, Reason.FAILED, sentence) for run in list(waiting))


def end_stranded(model: str, present: set[str]) -> int:
    """Ends runs that began on weights which no engine has had for STRANDED; how many."""
    begun = Run.objects.filter(status=QUEUED, model=model, started__lt=timezone.now() - STRANDED)
    stranded = begun.exclude(fingerprint__in={"", *present}).values_list("id", "epoch")
    return sum(
        _end(run, {"status": QUEUED, "epoch": epoch}, Reason.FAILED, REPLACED)
        for run, epoch in list(stranded)
    )


def _claim_all(chosen: Sequence[Waiting], engine: str, fingerprint: str) -> list[Claim]:
    """Those of them that are still there to be taken, in their order."""
    claims = _claim_new([one.run for one in chosen if not one.epoch], engine, fingerprint)
    for one in chosen:
        if one.epoch and (found := _claim(one.run, engine, fingerprint)):
            claims[one.run] = found
    return [claims[one.run] for one in chosen if one.run in claims]


def _claim_new(ids: Sequence[str], engine: str, fingerprint: str) -> dict[str, Claim]:
    """Runs that no engine had: by one update for all, and without a look at what is recorded of them."""
    if not ids:
        return {}
    now = timezone.now()
    claimed = {
        "status": RUNNING,
        "engine": engine,
        "fingerprint": fingerprint,
        "lease_until": now + LEASE,
        "started": now,
        "epoch": 1,
    }
    with transaction.atomic():
        queued = Run.objects.filter(id__in=ids, status=QUEUED, epoch=0).select_related("turn")
        # Locked in one order, so that two engines never wait for each other.
        rows = list(queued.select_for_update(no_key=True, of=("self",)).order_by("id"))
        mine = Run.objects.filter(id__in=[row.id for row in rows])
        mine.update(**claimed, tries=F("tries") + 1, resumed_from=F("at"))
    for row in rows:
        for name, value in {**claimed, "tries": row.tries + 1, "resumed_from": row.at}.items():
            setattr(row, name, value)
    return {row.id: Claim(row, 1, Position(row.at, 0)) for row in rows}


def _claim(run: str, engine: str, fingerprint: str) -> Claim | None:
    now = timezone.now()
    taken = Run.objects.filter(id=run, status=QUEUED).update(
        status=RUNNING,
        engine=engine,
        fingerprint=fingerprint,
        lease_until=now + LEASE,
        started=Coalesce(F("started"), now),
        epoch=F("epoch") + 1,
        tries=F("tries") + 1,
    )
    if not taken:
        return None
    row = Run.objects.select_related("turn").filter(id=run).first()
    if row is None:
        return None  # removed with its owner meanwhile
    recorded = lineage.recorded(run, row.at)
    mine = Run.objects.filter(id=run, epoch=row.epoch, engine=engine, status=RUNNING)
    if not mine.update(resumed_from=recorded.steps):
        return None
    return Claim(row, row.epoch, recorded)


def beat(engine: str) -> dict[str, Held]:
    """Keeps the engine's leases. The runs that it holds: one that is missing is no longer its own."""
    with transaction.atomic():
        # Locked in the recorder's order, so that the two never wait for each other.
        mine = Run.objects.select_for_update().filter(engine=engine, status=RUNNING).order_by("id")
        held = {run: Held(epoch, off) for run, epoch, off in mine.values_list("id", "epoch", "cancelling")}
        Run.objects.filter(id__in=held).update(lease_until=timezone.now() + LEASE)
    return held


def let_go() -> None:
    """Nobody holds a run any more: for the start of a site whose only process this is."""
    Run.objects.filter(status=RUNNING).update(lease_until=timezone.now())


def cancel(run: str) -> None:
    """Ends a queued run at once; asks the engine of a running one; leaves a finished one alone."""
    if _end(run, {"status": QUEUED}, Reason.CANCELLED):
        return
    if Run.objects.filter(id=run, status=RUNNING).update(cancelling=True):
        _signal(Signal("cancel", run))
    else:
        # Handed over in between: it is queued again, or has ended.
        _end(run, {"status": QUEUED}, Reason.CANCELLED)


def finish(run: str, epoch: int, outcome: Outcome) -> bool:
    """By the engine that holds the run, in the transaction that records its last steps."""
    return bool(Run.objects.filter(id=run, epoch=epoch, status=RUNNING).update(**ending(outcome)))


def retell(run: str) -> None:
    """Steps that it shares were withdrawn: of a finished run, what is left is its text."""
    kept = Run.objects.filter(id=run, status=FINISHED, gone=None)
    kept.update(**told(lineage.text(run)))


def hand_over(run: str, epoch: int) -> bool:
    """The engine gives the run back on purpose: that is no failed try."""
    given = Run.objects.filter(id=run, epoch=epoch, status=RUNNING).update(
        status=QUEUED, lease_until=None, tries=F("tries") - 1
    )
    if given and not _end(run, {"status": QUEUED, "cancelling": True}, Reason.CANCELLED):
        _signal(Signal("work"))
    return bool(given)


def reap() -> int:
    """Takes runs from engines that are gone; how many."""
    expired = Run.objects.filter(status=RUNNING, lease_until__lt=timezone.now())
    reaped = 0
    for run in list(expired):
        reaped += _take_back(run, {"lease_until__lt": timezone.now()})
    return reaped


def give_up(run: str, epoch: int) -> bool:
    """The engine can't go on with the run: a failed try. No harm if it is no longer the engine's."""
    row = Run.objects.filter(id=run, epoch=epoch, status=RUNNING).first()
    return row is not None and _take_back(row, {})


def _take_back(run: Run, still: dict[str, Any]) -> bool:
    """Back to the queue, or to its end if it was cancelled meanwhile or is poison."""
    still = {"status": RUNNING, "epoch": run.epoch, **still}
    progressed = lineage.recorded(run.id, run.at).steps > run.resumed_from
    if run.cancelling:
        return _end(run.id, still, Reason.CANCELLED)
    if run.tries >= MOST_TRIES and not progressed:
        return _end(run.id, still, Reason.FAILED, POISON)
    tries = 0 if progressed else run.tries
    freed = Run.objects.filter(id=run.id, **still).update(status=QUEUED, lease_until=None, tries=tries)
    if freed:
        _signal(Signal("work"))
    return bool(freed)


def _end(run: str, still: dict[str, Any], reason: Reason, message: str = "") -> bool:
    """Ends a run that no engine works on, with what is recorded of it."""
    with transaction.atomic():
        lineage.hold(run)
        if not Run.objects.filter(id=run, **still).update(status=FINISHED, epoch=F("epoch") + 1):
            return False
        # From here on no older epoch records anything, so what is counted now is final.
        row = Run.objects.get(id=run)
        recorded = lineage.recorded(run, row.at)
        outcome = unfinished(row, recorded, reason, message)
        Run.objects.filter(id=run).update(**ending(outcome))
        sealing.seal(run)
    transaction.on_commit(metrics.RUNS_ENDED.labels(row.model, reason.value).inc)
    transaction.on_commit(lambda: announce(run, recorded))
    return True


def announce(run: str, recorded: Position) -> None:
    """Tells the run's readers that it has ended. One that misses it learns it from the database."""
    _quietly(lambda: the_bus().append([Append(run, [finished_entry(run, recorded)], last=True)]))


def finished_entry(run: str, prev: Position) -> Entry:
    body = orjson.dumps(body_of(messages.finished(Run.objects.get(id=run))))
    return Entry(Position(prev.steps, prev.seq + 1), prev, "finished", body)


def _signal(signal: Signal) -> None:
    _quietly(lambda: the_bus().signal(signal))


def _quietly(tell: Callable[[], object]) -> None:
    """Whoever should have heard it looks at the database every few seconds anyway."""
    try:
        tell()
    except BusDown as problem:
        log.warning("Not told: %s", problem)
