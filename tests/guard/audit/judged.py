"""Verdicts to test with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from guard.audit.tape import Fate, Seen
from guard.audit.verdicts import Judged

NUMBERS = count(1)


def tokens(*scores: float, text: str = " word", fate: Fate = Fate.RELEASED) -> list[Seen]:
    return [Seen(text, fate, {"probe": score}) for score in scores]


def judged(seen: Sequence[Seen] | None = None, **fields: Any) -> Judged:
    """A passed run of one policy, unless told otherwise; its key is new."""
    number = next(NUMBERS)
    return Judged(
        **{
            "key": f"run-{number}:3:1:safe:1",
            "run": f"run-{number}",
            "study": f"study-{number}",
            "owner": None,
            "policy": "Safe",
            "version": 1,
            "guard": "probe",
            "rule": "ema",
            "action": "pass",
            "score": 0.25,
            "threshold": 3.0,
            "step": 3,
            "final": True,
            "artifacts": {"probe": "a" * 64},
            "model": "tiny",
            "fingerprint": "f" * 16,
            "settings": {"k": 30, "temperature": 1.0, "seed": 7, "prefix": "my secret"},
            "tokens": tokens(0.1, 0.2, 0.25) if seen is None else seen,
            **fields,
        }
    )
