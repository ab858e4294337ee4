"""Short ways to drive a gate by hand: one guard, `g`, and tokens that are their own names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guard.policy import Answer, Event, Gate, Policy, Recorded, Released, Resumed, Token, read, resume

CALM, HOT = 0.01, 0.99


def policy(key: str = "p", threshold: float = 0.5, **changes: Any) -> Policy:
    """`classic` without warm-up, so that exactly the hot tokens fire; a hold of 0, and refusal."""
    usual: dict[str, Any] = {
        "evidence": [{"name": "g", "threshold": threshold}],
        "rule": {"kind": "classic", "warmup": 0},
        "ladder": [{"kind": "refuse"}],
        "nudge": "Sorry.",
    }
    return Policy(key, read({**usual, **changes}))


def ladder(*kinds: str) -> list[dict[str, str]]:
    return [{"kind": kind} for kind in kinds]


def feed(gate: Gate[str], scores: Sequence[float], origin: str = "sampled") -> list[Answer[str]]:
    """One token for each score; their names go on from what was made before."""
    answers = []
    for score in scores:
        made = len(gate.seen)
        answers.append(gate.take(Token(f"t{made}", made, origin, {"g": score})))
    return answers


def inject(gate: Gate[str], count: int) -> list[Answer[str]]:
    return [gate.take(Token(f"n{place}", 900 + place, "nudge")) for place in range(count)]


def left(answers: Iterable[Answer[str]]) -> list[str]:
    """The payloads that left, in order."""
    return [each.payload for answer in answers for each in answer.out if isinstance(each, Released)]


def events(answers: Iterable[Answer[str]]) -> list[Event]:
    return [each for answer in answers for each in answer.out if isinstance(each, Event)]


def again(
    policies: Sequence[Policy],
    steps: Sequence[Recorded],
    events: Sequence[Event] = (),
    own: int = 0,
    most: int | None = None,
) -> Resumed[str]:
    """The gate after these records; `own` above 0: of a branch."""
    return resume(policies, steps, events, own, most=most)
