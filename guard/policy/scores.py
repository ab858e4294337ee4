"""A score as it is judged: one of 65,534 levels, the same that a recorded step and the audit can hold.

Scores are brought to a level before any rule sees them, so that a recorded score judges as the live one did,
bit for bit. A number that was read back (even one rounded to five digits) gives its level again.
"""

from __future__ import annotations

LEVELS = 0xFFFD


class ScoreBroken(ValueError):
    """The evidence gave nothing that could be judged."""


def quantised(score: float | None) -> float:
    """The nearest level. Raises for what is missing, no number, infinite, or outside of 0–1."""
    if score is None or not 0.0 <= score <= 1.0:  # a comparison with NaN is false
        raise ScoreBroken
    return round(score * LEVELS) / LEVELS
