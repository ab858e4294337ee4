"""A study as a page draws it: its turns and how its runs branch. What the runs say is left to the socket.

Three queries, however many runs there are (`generation.tree` has their texts too).
"""

from __future__ import annotations

from typing import Any, TypedDict

from generation import lineage
from generation.models import Run, Study


class TurnJson(TypedDict):
    id: str
    follows: str | None
    text: str
    system: str


class BranchJson(TypedDict):
    """A Run of the socket's contract without what its turn or its steps say already."""

    id: str
    turn: str
    parent: str | None
    at: int | None
    settings: dict[str, Any]
    status: str
    reason: str | None
    message: str | None
    steps: int


class OutlineJson(TypedDict):
    id: str
    title: str
    turns: list[TurnJson]
    runs: list[BranchJson]


def outline(study: Study) -> OutlineJson:
    """Turns and runs in the order in which they were made: what follows comes behind what it follows."""
    turns = study.turns.order_by("created", "id").values("id", "follows_id", "text", "system")
    runs = study.runs.order_by("created", "id").only(
        "id", "study_id", "turn_id", "parent_id", "at", "settings", "status", "reason", "message", "steps"
    )
    steps = lineage.counts(study.id)
    return {
        "id": study.id,
        "title": study.title,
        "turns": [
            {"id": one["id"], "follows": one["follows_id"], "text": one["text"], "system": one["system"]}
            for one in turns
        ],
        "runs": [_branch(run, steps.get(run.id, run.steps)) for run in runs],
    }


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
    }
