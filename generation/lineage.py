"""Where the steps of a run lie: its own from `at` on, the shared ones with its ancestors, nothing twice.

Every question is one query, however long the line of branches is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, Max

from generation import chunks
from generation.bus import Position
from generation.models import Run, RunEvent, StepChunk

_ANCESTORS = """
WITH RECURSIVE line(id, parent_id, starts, fingerprint, depth) AS (
    SELECT id, parent_id, at, fingerprint, 0 FROM generation_run WHERE id = %s
    UNION ALL
    SELECT up.id, up.parent_id, up.at, up.fingerprint, line.depth + 1
    FROM generation_run up JOIN line ON up.id = line.parent_id
)
SELECT id, starts, fingerprint FROM line ORDER BY depth
"""


_BRANCHES = """
WITH RECURSIVE below(id, shared) AS (
    SELECT id, at FROM generation_run WHERE parent_id = %s
    UNION ALL
    SELECT run.id, CASE WHEN run.at < below.shared THEN run.at ELSE below.shared END
    FROM generation_run run JOIN below ON run.parent_id = below.id
    WHERE below.shared > %s
)
SELECT id FROM below WHERE shared > %s
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The steps `first … end-1` of a line lie with `run`; `end` is None for the run itself: it may grow."""

    run: str
    first: int
    end: int | None
    fingerprint: str


def stretches(run: str) -> list[Stretch]:
    """From step 0 on, dense; empty for a run that doesn't exist."""
    with connection.cursor() as cursor:
        cursor.execute(_ANCESTORS, [run])
        line = cursor.fetchall()
    found: list[Stretch] = []
    end: int | None = None
    for ancestor, starts, fingerprint in line:
        if end is None or starts < end:
            found.append(Stretch(ancestor, starts, end, fingerprint))
            end = starts
    return found[::-1]


def sharing(run: str, step: int) -> list[str]:
    """The branches that share this step of the run's own, however far down their line."""
    with connection.cursor() as cursor:
        cursor.execute(_BRANCHES, [run, step, step])
        return [found for (found,) in cursor.fetchall()]


def hold(run: str) -> None:
    """Within a transaction: nothing of the run's line is recorded or withdrawn before it ends."""
    line = Run.objects.filter(id__in=[stretch.run for stretch in stretches(run)])
    list(line.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))


def have_lost(runs: Collection[str]) -> bool:
    """Whether steps of any of them were withdrawn."""
    return bool(runs) and RunEvent.objects.filter(run__in=runs, kind="retract").exists()


def recorded(run: str, at: int) -> Position:
    """How far the run's own steps and events are in the database."""
    end = StepChunk.objects.filter(run=run).aggregate(end=Max(F("first") + F("count")))["end"]
    steps = max(end or 0, at)
    seq = RunEvent.objects.filter(run=run, position=steps).aggregate(seq=Max("seq"))["seq"]
    return Position(steps, seq or 0)


def blobs(stretch: Stretch, after: int, most: int | None = None) -> Iterator[bytes]:
    """The stretch's chunks with steps above `after`, in order; the last may hold steps beyond its end.

    `most`: no more chunks than have so many steps above `after`, or a few more. They are asked for by their
    first steps, not by their row ids: the run may be sealed in between.
    """
    found = StepChunk.objects.filter(run=stretch.run, first__gt=after + 1 - F("count")).order_by("first")
    if stretch.end is not None:
        found = found.filter(first__lt=stretch.end)
    if most is not None:
        total = 0
        for first, count in found.values_list("first", "count")[:most]:
            total += first + count - max(first, after + 1)
            if total >= most:
                found = found.filter(first__lte=first)
                break
    for blob in found.values_list("blob", flat=True):
        yield bytes(blob)


def tokens(run: str) -> list[chunks.Token]:
    """Every recorded step of the run's whole line: what going on with it needs."""
    found: list[chunks.Token] = []
    for stretch in stretches(run):
        for blob in blobs(stretch, stretch.first - 1):
            found += [
                token
                for token in chunks.tokens(blob)
                if token.i >= stretch.first and (stretch.end is None or token.i < stretch.end)
            ]
    return found


def text(run: str) -> str:
    """The answer as far as it is recorded."""
    return "".join(token.text for token in tokens(run))


def withdraw(run: str, first: int, last: int) -> None:
    """Takes from the run's own steps `first … last` what they said. The ancestors' are theirs."""
    found = StepChunk.objects.filter(run=run, first__lte=last, first__gt=first - F("count"))
    for chunk in found.order_by("first"):
        bare = chunks.masked(bytes(chunk.blob), first, last)
        StepChunk.objects.filter(pk=chunk.pk).update(blob=bare)


def counts(study: str) -> dict[str, int]:
    """How many steps each run of the study that isn't finished has, in one query."""
    unfinished = Run.objects.filter(study=study).exclude(status=Run.Status.FINISHED)
    ends = unfinished.values_list("id", "at").annotate(end=Max(F("chunks__first") + F("chunks__count")))
    return {run: max(end or 0, at) for run, at, end in ends}
