"""A study as a whole: its turns and runs, for the page that opens it. Four queries, however many runs."""

from __future__ import annotations

from dataclasses import dataclass

from generation import lineage, messages
from generation.models import Run, Study, Turn
from generation.protocol import RunJson


@dataclass(frozen=True, slots=True)
class Tree:
    """`turns` and `runs` in the order in which they were made; none that was deleted."""

    study: Study
    turns: list[Turn]
    runs: list[RunJson]


def tree(study: str) -> Tree:
    """Who asks for it must have been checked. A run that goes on has no text here: its steps are to come."""
    found = Study.objects.get(id=study)
    by_id = {turn.id: turn for turn in Turn.objects.filter(study=study).defer("folded")}
    counts = lineage.counts(study)
    runs, answered = [], set()
    for run in Run.objects.filter(study=study, deleted=None).defer("folded", "given", "edit"):
        run.turn = by_id[run.turn_id]
        runs.append(messages.run_json(run, counts.get(run.id)))
        answered.add(run.turn_id)
    # One whose answers were all deleted went with them.
    turns = [turn for turn in by_id.values() if turn.id in answered]
    return Tree(found, turns, runs)
