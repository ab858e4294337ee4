"""Deleting branches of a study, and taking that back for 30 days.

A branch goes with all that grew from it: the runs that share its step, and the turns that follow one of them.
What was deleted together has the same moment in `Run.deleted`. A deleted run whose earlier steps another run
still shares stays in the database as long as that one does, without what was its alone once it is purged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef
from django.utils import timezone

from generation import chunks, runs
from generation.models import Run, RunEvent, StepChunk, Study, Turn

KEPT = timedelta(days=30)
BATCH = 500  # runs that are removed at once


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    turn: str
    parent: str | None
    at: int
    deleted: datetime | None


class _Lines:
    """How a study's runs hang together, deleted ones too. Two queries."""

    def __init__(self, study: str) -> None:
        rows = Run.objects.filter(study=study).values_list("id", "turn_id", "parent_id", "at", "deleted")
        self.rows = {row[0]: _Row(*row) for row in rows}
        turns = Turn.objects.filter(study=study).values_list("id", "follows_id")
        self.follows: dict[str, str | None] = dict(turns)
        self.answers: dict[str, list[str]] = defaultdict(list)
        for row in self.rows.values():
            self.answers[row.turn].append(row.id)
        self.next_turns: dict[str | None, list[str]] = defaultdict(list)
        for turn, run in self.follows.items():
            self.next_turns[run].append(turn)

    def holder(self, run: str, at: int) -> str:
        """The run of its line whose own step `at` is."""
        row = self.rows[run]
        while row.parent is not None and at < row.at:
            row = self.rows[row.parent]
        return row.id

    def through(self, run: str, at: int | None) -> set[str]:
        """The runs of the same turn that have step `at` in common with this one; None: all of the turn."""
        answers = self.answers[self.rows[run].turn]
        if at is None:
            return set(answers)
        step = self.holder(run, at)
        return {run, *(one for one in answers if self.holder(one, at) == step)}

    def grown(self, begin: Iterable[str]) -> set[str]:
        """These runs and those of all turns that follow one of them, and so on."""
        found: set[str] = set()
        waiting = list(begin)
        while waiting:
            run = waiting.pop()
            if run not in found:
                found.add(run)
                waiting += [answer for turn in self.next_turns[run] for answer in self.answers[turn]]
        return found

    def stands_on(self, run: str) -> set[str]:
        """The runs that its turn, and the turns before it, follow."""
        found: set[str] = set()
        before = self.follows[self.rows[run].turn]
        while before is not None:
            found.add(before)
            before = self.follows[self.rows[before].turn]
        return found


def delete(study: Study, run: str, at: int | None) -> list[str]:
    """Deletes the branch that goes through step `at` of the run; which runs went with it.

    The run must be one of the study's. A run that goes on is stopped.
    """
    with transaction.atomic():
        # As `generation.begin` does: no branch grows meanwhile from what goes.
        get_user_model().objects.select_for_update().get(pk=study.owner_id)
        lines = _Lines(study.id)
        going = {one for one in lines.grown(lines.through(run, at)) if lines.rows[one].deleted is None}
        Run.objects.filter(id__in=going, deleted=None).update(deleted=timezone.now())
        Study.objects.filter(id=study.id, favourite__in=going).update(favourite=None)
    unfinished = Run.objects.filter(id__in=going).exclude(status=Run.Status.FINISHED)
    for one in list(unfinished.values_list("id", flat=True)):
        runs.cancel(one)
    return sorted(going)


def restore(study: Study, run: str) -> list[str]:
    """Takes back what was deleted together with this run, and what that stands on; which runs came back."""
    with transaction.atomic():
        lines = _Lines(study.id)
        moment = lines.rows[run].deleted
        if moment is None:
            return []
        back = {row.id for row in lines.rows.values() if row.deleted == moment}
        back |= {before for one in back for before in lines.stands_on(one)}
        back = {one for one in back if lines.rows[one].deleted is not None}
        Run.objects.filter(id__in=back).update(deleted=None)
    return sorted(back)


def purge(before: datetime | None = None) -> int:
    """Removes for good what was deleted before this moment (30 days ago); how many runs."""
    limit = before or timezone.now() - KEPT
    doomed = Run.objects.filter(deleted__lt=limit, status=Run.Status.FINISHED)
    answers = Run.objects.filter(turn__follows=OuterRef("pk"))
    removed = 0
    # From the ends on: a row takes those that hang on it along.
    while ends := list(doomed.filter(~Exists(answers), branches=None).values_list("id", flat=True)[:BATCH]):
        _, by_model = doomed.filter(id__in=ends).delete()
        removed += by_model.get(Run._meta.label, 0)
    shared = doomed.filter(~Exists(answers.filter(deleted=None)), gone=None)
    for run, end in list(shared.annotate(end=Max("branches__at")).values_list("id", "end")):
        _hollow(run, end or 0)
    Turn.objects.filter(runs=None).delete()
    return removed


def _hollow(run: str, end: int) -> None:
    """Leaves of a run the steps that its branches share, and no word of the others."""
    with transaction.atomic():
        for chunk in StepChunk.objects.filter(run=run, first__gt=end - F("count")):
            if chunk.first >= end:
                chunk.delete()
                continue
            chunk.blob, chunk.count = chunks.until(bytes(chunk.blob), end), end - chunk.first
            chunk.save(update_fields=["blob", "count"])
        RunEvent.objects.filter(run=run, position__gt=end).delete()
        Run.objects.filter(id=run).update(
            gone=timezone.now(), steps=end, text="", folded="", opening="", given="", message=""
        )
