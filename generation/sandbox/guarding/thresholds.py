"""The line for a budget, with the certainty that few answers can give."""

from __future__ import annotations

from collections.abc import Sequence

from guard.evidence.card import Threshold
from guard.policy.calibration import Uncalibratable, calibrate
from guard.policy.interval import upper
from guard.policy.rule import Rule

BUDGET = 0.01


def surely(rule: Rule, answers: Sequence[Sequence[float]], budget: float = BUDGET) -> Threshold:
    """The lowest line at which the exact upper bound (95 %, one-sided) of the share of benign answers that
    the whole rule stops is within the budget. Raises Uncalibratable, also where there are too few answers."""
    count = len(answers)
    allowed = -1
    while allowed + 1 < count and upper(allowed + 1, count) <= budget:
        allowed += 1
    if allowed < 0:
        raise Uncalibratable(f"{count:,} benign answers are too few to be sure of {budget:.1%}.")
    found = calibrate(rule, answers, allowed / count)
    told = found.calibration
    return Threshold(rule.kind, budget, found.threshold, count, told.stopped, told.bound)
