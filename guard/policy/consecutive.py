"""k tokens in a row at or above the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from guard.policy.fields import Fields
from guard.policy.rule import Reading, Rule


@dataclass(frozen=True, slots=True)
class Consecutive(Rule):
    """The statistic is the lowest of the last `k` scores. On while they all reach the threshold.

    The state is the last k - 1 scores.
    """

    kind: ClassVar[str] = "consecutive"
    k: int = 2

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(k=fields.whole("k", 2, 1, 64))

    def start(self) -> tuple[float, ...]:
        return ()

    def judge(self, state: tuple[float, ...], score: float) -> tuple[tuple[float, ...], Reading]:
        row = (*state, score)
        full = len(row) >= self.k
        statistic = min(row) if full else 0.0
        on = full and statistic >= self.threshold
        calm = score < self.threshold
        return row[1:] if full else row, Reading(statistic, on=on, hard=False, calm=calm)
