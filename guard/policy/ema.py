"""An exponential mean of the scores' logits, which a single odd token doesn't move past the line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from guard.policy.fields import Fields
from guard.policy.rule import Reading, Rule

CLIP = 6.0  # logits beyond this say no more


def logit(score: float) -> float:
    if score <= 0.0:
        return -CLIP
    if score >= 1.0:
        return CLIP
    return min(max(math.log(score / (1.0 - score)), -CLIP), CLIP)


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


class EmaState(NamedTuple):
    whole: float  # the mean since the start
    begun: tuple[tuple[int, float], ...]  # means begun later: tokens judged so far by each, and the mean
    last: tuple[float, ...]  # the newest logits, at most `row` - 1
    on: bool


@dataclass(frozen=True, slots=True)
class Ema(Rule):
    """On from the token at which the statistic reaches the threshold (`hi`) until it falls to `lo`, which
    lies `slack` below it in logits, or at the prior.

    The statistic is the largest of three, put back on the scale of 0–1:
    - the exponential mean of the clipped logits (weight `a`) from the `prior`;
    - the same mean begun anew from the prior at any of the last `window` tokens, so that a long harmless
      beginning can't dilute what follows it;
    - the lowest of the last `row` logits less `gap`: the hard stop on very high tokens in a row, which
      moves with the threshold, so that a budget calibrates both.
    """

    kind: ClassVar[str] = "ema"
    hold: ClassVar[int] = 8
    a: float = 0.2
    prior: float = -2.0  # logit
    slack: float = 2.0  # logits
    window: int = 16  # tokens
    row: int = 3  # tokens
    gap: float = 1.5  # logits

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(
            a=fields.number("a", 0.2, 0.01, 1),
            prior=fields.number("prior", -2, -CLIP, CLIP),
            slack=fields.number("slack", 2, 0, 2 * CLIP),
            window=fields.whole("window", 16, 1, 256),
            row=fields.whole("row", 3, 1, 64),
            gap=fields.number("gap", 1.5, 0, 2 * CLIP),
        )

    def start(self) -> EmaState:
        return EmaState(self.prior, (), (), on=False)

    def judge(self, state: EmaState, score: float) -> tuple[EmaState, Reading]:
        value, keep = logit(score), 1.0 - self.a
        part = self.a * value
        whole = keep * state.whole + part
        # Of two means the larger stays the larger, whatever comes: one that isn't above the prior is no
        # longer needed when another begins there, which also lasts longer.
        begun = tuple(
            (age + 1, keep * mean + part)
            for age, mean in state.begun
            if mean > self.prior and age < self.window
        )
        begun = (*begun, (1, keep * self.prior + part))
        mean = max(whole, begun[0][1])
        last = (*state.last, value)
        full = len(last) >= self.row
        lowest = min(last) - self.gap if full else -math.inf
        statistic = sigmoid(max(mean, lowest))
        hard = full and sigmoid(lowest) >= self.threshold
        low = self.low
        on = statistic >= self.threshold or (state.on and statistic > low)
        return (
            EmaState(whole, begun, last[1:] if full else last, on),
            Reading(statistic, on=on, hard=hard, calm=statistic <= low and not on),
        )

    @property
    def low(self) -> float:
        """Where the alarm goes off again (`lo`): not below the prior, at which the means begin anew."""
        high = logit(self.threshold)
        return sigmoid(min(max(high - self.slack, self.prior), high))

    @property
    def highest(self) -> float:
        return sigmoid(CLIP)
