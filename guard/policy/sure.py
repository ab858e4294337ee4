"""A line that keeps a budget with 95 % confidence, and not only on the answers at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guard.policy.calibration import Calibrated, Uncalibratable, calibrate
from guard.policy.interval import upper
from guard.policy.rule import Rule


def surely(rule: Rule, answers: Sequence[Sequence[float]], budget: float, least: float = 0.0) -> Calibrated:
    """As `calibrate`, but it is the exact upper bound of the share that stays within the budget, so the line
    lies higher. Raises Uncalibratable also where there are too few answers to be sure."""
    count = len(answers)
    allowed = -1
    while allowed + 1 < count and upper(allowed + 1, count) <= budget:
        allowed += 1
    if allowed < 0:
        raise Uncalibratable(f"{count:,} benign answers are too few to be sure of {budget:.1%}.")
    found = calibrate(rule, answers, allowed / count, least)
    return replace(found, calibration=replace(found.calibration, budget=budget))
