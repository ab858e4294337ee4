"""The policies that come along, as data."""

from __future__ import annotations

from typing import Any

SAFENUDGE = "SafeNudge"
DEFAULT = "default"


def safenudge(guard: str) -> dict[str, Any]:
    """The predecessor's: four tokens of warm-up, then a nudge at the first token of 0.5 or more; nothing is
    held. It nudged without end; here the third time is a refusal."""
    return {
        "evidence": [{"name": guard, "place": "stream", "threshold": 0.5}],
        "rule": {"kind": "classic", "warmup": 4},
        "ladder": [{"kind": "nudge"}, {"kind": "refuse"}],
        "hold": 0,
    }


def default(guard: str, threshold: float | None = None, budget: float = 0.01) -> dict[str, Any]:
    """The calibrated one: at most `budget` of the benign answers are to be interrupted. Without a threshold
    it is a draft that `calibrate_guard` completes."""
    evidence: dict[str, Any] = {"name": guard, "place": "stream", "budget": budget}
    if threshold is not None:
        evidence["threshold"] = threshold
    return {
        "evidence": [evidence],
        "rule": {"kind": "ema"},
        "ladder": [{"kind": "rollback+nudge"}, {"kind": "refuse"}],
        "hold": 8,
    }
