"""How a run ended, as an engine tells it or as what is recorded of it allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from generation import lineage
from generation.bus import Position
from generation.models import Run, RunEvent, folded
from generation.protocol import Reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    reason: Reason
    steps: int  # shared ones included
    text: str
    message: str = ""  # one sentence for a person, of a failed or blocked run
    nudges: int = 0
    usage: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    guard: dict[str, float] | None = None


def unfinished(run: Run, recorded: Position, reason: Reason, message: str) -> Outcome:
    """The end of a run of which no engine can tell: with what is recorded of it."""
    tokens = lineage.tokens(run.id)
    text = "".join(token.text for token in tokens)
    own = [token for token in tokens if token.i >= run.at]
    sampled = sum(token.origin == "sampled" for token in own)
    usage = {
        "prompt_tokens": _prompt_tokens(run.id),
        "sampled_tokens": sampled,
        "forced_tokens": len(own) - sampled,
    }
    timings = _timings(run)
    if own:
        timings["first_step"] = float(own[0].t)
    return Outcome(reason, recorded.steps, text, message, usage=usage, timings=timings)


def _prompt_tokens(run: str) -> int:
    """How many an engine read, if one ever did."""
    started = RunEvent.objects.filter(run=run, kind="started").first()
    return int(started.body["prompt_tokens"]) if started else 0


def _timings(run: Run) -> dict[str, float]:
    """Of a run that no engine measures any more: how long it waited, and how long ago one began with it."""
    now = timezone.now()
    began = run.started or now
    queued, total = began - run.created, now - began
    return {
        name: round(max(0.0, spent.total_seconds() * 1000), 1)
        for name, spent in (("queued", queued), ("total", total))
    }


def told(text: str) -> dict[str, Any]:
    """The columns that have what a run said."""
    text = text.replace("\0", "")  # PostgreSQL keeps no NUL in a text
    return {"text": text, "folded": folded(text)}


def ending(outcome: Outcome) -> dict[str, Any]:
    """The columns of a run that ends so; `runs` alone writes them."""
    return {
        **told(outcome.text),
        "status": Run.Status.FINISHED,
        "reason": outcome.reason.value,
        "message": outcome.message,
        "steps": outcome.steps,
        "nudges": outcome.nudges,
        "usage": outcome.usage,
        "timings": outcome.timings,
        "guard": outcome.guard,
        "finished": timezone.now(),
        "lease_until": None,
        "cancelling": False,
    }
