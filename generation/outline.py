"""A study as a page draws it: its turns and how its runs branch. What the runs say is left to the socket.

Three queries, however many runs there are (`generation.tree` has their texts too).
"""

from __future__ import annotations

from typing import Any, TypedDict

from generation import lineage
from generation.models import Run, Study

COLUMNS = (
    "id",
    "study_id",
    "turn_id",
    "parent_id",
    "at",
    "settings",
    "status",
    "reason",
    "message",
    "steps",
    "created",
    "opening",
    "logprob",
    "seen",
    "deleted",
)


class TurnJson(TypedDict):
    id: str
    follows: str | None
    text: str
    system: str


class BranchJson(TypedDict):
    """A Run of the socket's contract without what its turn or its steps say already.

    `opening` is how its own steps begin, `logprob` the mean of theirs. One that is `deleted` is there because
    others share its steps, or because its owner may bring it back.
    """

    id: str
    turn: str
    parent: str | None
    at: int | None
    settings: dict[str, Any]
    status: str
    reason: str | None
    message: str | None
    steps: int
    created: str
    opening: str
    logprob: float | None
    seen: bool
    deleted: str | None


class OutlineJson(TypedDict):
    id: str
    title: str
    favourite: str | None
    turns: list[TurnJson]
    runs: list[BranchJson]


def outline(study: Study, *, deleted: bool = False) -> OutlineJson:
    """Turns and runs in the order in which they were made: what follows comes behind what it follows.

    `deleted`: with those that may be brought back. Without it no word of them is here: whose steps are still
    shared is named alone.
    """
    turns = study.turns.order_by("created", "id").values("id", "follows_id", "text", "system")
    runs = list(study.runs.order_by("created", "id").only(*COLUMNS))
    if not deleted:
        runs = _kept(runs)
        answered = {run.turn_id for run in runs}
        turns = turns.filter(id__in=answered)
    steps = lineage.counts(study.id)
    return {
        "id": study.id,
        "title": study.title,
        "favourite": study.favourite_id,
        "turns": [
            {"id": one["id"], "follows": one["follows_id"], "text": one["text"], "system": one["system"]}
            for one in turns
        ],
        "runs": [_branch(run, steps.get(run.id, run.steps)) for run in runs],
    }


def _kept(runs: list[Run]) -> list[Run]:
    """Those that weren't deleted, and those whose steps they share, emptied of their own words."""
    by_id = {run.id: run for run in runs}
    needed = {run.id for run in runs if run.deleted is None}
    for run in runs:
        above = run.parent_id if run.deleted is None else None
        while above is not None and above not in needed:
            needed.add(above)
            above = by_id[above].parent_id
    for run in runs:
        if run.deleted is not None:
            run.opening = run.message = ""
    return [run for run in runs if run.id in needed]


def _branch(run: Run, steps: int) -> BranchJson:
    return {
        "id": run.id,
        "turn": run.turn_id,
        "parent": run.parent_id,
        "at": run.at if run.parent_id else None,
        # A prefix may be long, and is among the steps.
        "settings": {name: value for name, value in run.settings.items() if name != "prefix"},
        "status": run.status,
        "reason": run.reason or None,
        "message": run.message or None,
        "steps": steps,
        "created": run.created.isoformat(),
        "opening": run.opening,
        "logprob": run.logprob,
        "seen": run.seen,
        "deleted": run.deleted.isoformat() if run.deleted else None,
    }
