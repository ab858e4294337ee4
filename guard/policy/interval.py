"""Exact (Clopper-Pearson) bounds of a share that was counted."""

from __future__ import annotations

import math
from collections.abc import Callable


def upper(hits: int, count: int, confidence: float = 0.95) -> float:
    """The one-sided bound: a larger share gives so few hits in less than 1 - confidence of all cases."""
    _check(hits, count)
    if hits == count:
        return 1.0
    return _solve(lambda share: _at_most(hits, count, share) - (1.0 - confidence))


def lower(hits: int, count: int, confidence: float = 0.95) -> float:
    """The one-sided lower bound."""
    _check(hits, count)
    return 1.0 - upper(count - hits, count, confidence)


def interval(hits: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Both sides: each with half of what is left."""
    side = 1.0 - (1.0 - confidence) / 2.0
    return lower(hits, count, side), upper(hits, count, side)


def _check(hits: int, count: int) -> None:
    if not 0 <= hits <= count or count < 1:
        raise ValueError(f"{hits} of {count} is no share.")


def _at_most(hits: int, count: int, share: float) -> float:
    """The probability of `hits` or fewer of `count`, each with this probability (0 < share < 1)."""
    yes, no = math.log(share), math.log1p(-share)
    whole = math.lgamma(count + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(count - k + 1) + k * yes + (count - k) * no)
        for k in range(hits + 1)
    )


def _solve(falling: Callable[[float], float]) -> float:
    """Where a function that falls from 0 to 1 is 0: to the last bit but one or two."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return high
