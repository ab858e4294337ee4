"""Rows as messages: the same whether they go to a socket, a page or an export."""

from __future__ import annotations

from generation.models import Run
from generation.protocol import Finished, Reason, RunJson


def finished(run: Run, ref: str | None = None) -> Finished:
    """Of a run that is finished."""
    return Finished(
        run=run.id,
        reason=Reason(run.reason),
        steps=run.steps,
        usage=run.usage,
        timings=run.timings,
        guard=run.guard or None,
        message=run.message or None,
        ref=ref,
    )


def run_json(run: Run, steps: int | None = None, text: str | None = None) -> RunJson:
    """`steps` and `text` of a run that isn't finished come from the caller (`generation.lineage`).

    The run's turn must have been fetched with it.
    """
    return {
        "id": run.id,
        "study": run.study_id,
        "parent": run.parent_id,
        "at": run.at if run.parent_id else None,
        "prompt": run.turn.text,
        "settings": run.settings,
        "status": run.status,
        "reason": run.reason or None,
        "steps": run.steps if steps is None else steps,
        "text": run.text if text is None else text,
        "nudges": run.nudges,
        "created": run.created.isoformat(),
        "model": {"name": run.model, "fingerprint": run.fingerprint},
    }
