"""The predecessor's rule: after a warm-up of four tokens, one token at or above the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from guard.policy.fields import Fields
from guard.policy.rule import Reading, Rule


@dataclass(frozen=True, slots=True)
class Classic(Rule):
    """`warmup` texts aren't judged: with 4, the first one that is has four tokens, as in SafeNudge.

    On exactly at the tokens that reach the threshold. The state is how many scores came.
    """

    kind: ClassVar[str] = "classic"
    warmup: int = 4

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(warmup=fields.whole("warmup", 4, 0, 64))

    def start(self) -> int:
        return 0

    def judge(self, state: int, score: float) -> tuple[int, Reading]:
        if state < self.warmup:
            return state + 1, Reading(0.0, on=False, hard=False, calm=True)
        on = score >= self.threshold
        return state, Reading(score, on=on, hard=False, calm=not on)
