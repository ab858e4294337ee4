"""From benign answers to a threshold: the lowest line that at most a budget of them reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from guard.policy.interval import upper
from guard.policy.rule import Rule
from guard.policy.scores import ScoreBroken, quantised
from guard.policy.spec import Calibration

_DIGITS = 6


class Uncalibratable(ValueError):
    """No line keeps the budget; one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    threshold: float
    calibration: Calibration


def calibrate(
    rule: Rule, answers: Sequence[Sequence[float]], budget: float, least: float = 0.0
) -> Calibrated:
    """`answers` are whole answers of benign runs, each with the scores that a policy would judge: one for
    each step, and the one behind the last token.

    The threshold is the quantile of the answers' peaks, put up by as little as keeps those at it unharmed,
    and `least` where it would lie lower.
    It is a line for data like these: the bound says how many others it may stop with 95 % confidence.
    """
    if not 0.0 <= budget <= 1.0:
        raise Uncalibratable("A budget is a share between 0 and 1.")
    if not answers:
        raise Uncalibratable("There are no benign answers to calibrate with.")
    try:
        peaks = sorted(
            (rule.peak([quantised(score) for score in scores]) for scores in answers), reverse=True
        )
    except ScoreBroken:
        raise Uncalibratable("A score of these answers is no number between 0 and 1.") from None
    spared = math.floor(budget * len(peaks) + 1e-9)  # a budget of 0.07 of 100 is 7
    threshold = max(_above(peaks[spared]) if spared < len(peaks) else 0.0, least)
    if threshold > rule.highest:
        raise Uncalibratable(
            "Too many benign answers reach the highest score: this guard can't keep the budget."
        )
    stopped = sum(peak >= threshold for peak in peaks)
    bound = upper(stopped, len(peaks))
    return Calibrated(threshold, Calibration(budget, len(peaks), stopped, bound))


def _above(peak: float) -> float:
    """The next number that a person can read."""
    scale = 10**_DIGITS
    readable = math.floor(peak * scale + 1) / scale
    return readable if readable > peak else math.nextafter(peak, math.inf)
