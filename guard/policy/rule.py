"""What a stream rule is: a small state machine over one guard's scores of one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Self

from guard.policy.fields import Fields


class Reading(NamedTuple):
    """What a rule says of the text that was just judged."""

    statistic: float  # 0–1, in the threshold's own unit: the rule is on at the first one that reaches it
    on: bool  # the alarm is on; it may stay on for a while, see the rule
    hard: bool  # so plain that no cool-down applies
    calm: bool  # nothing in sight: a text may be taken back to here


@dataclass(frozen=True, slots=True)
class Rule:
    """`threshold` is 0–1 in every rule, and a lower one is stricter: that is what a user's tau sets.

    A state is any immutable value; `judge` never changes one, so a state may be kept and gone back to.
    The same states and quantised scores always give the same readings.
    """

    kind: ClassVar[str] = ""
    hold: ClassVar[int] = 0  # tokens, where a policy doesn't say
    threshold: float = 0.5

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the fields of a policy's `rule`, but for its kind. Raises SpecBroken."""
        raise NotImplementedError

    def start(self) -> Any:
        """The state before anything was judged, and again after a nudge."""
        raise NotImplementedError

    def judge(self, state: Any, score: float) -> tuple[Any, Reading]:
        raise NotImplementedError

    @property
    def highest(self) -> float:
        """The largest threshold that this rule can reach at all."""
        return 1.0

    def at(self, threshold: float) -> Self:
        return replace(self, threshold=threshold)

    def readings(self, scores: Sequence[float]) -> list[Reading]:
        """A whole answer's, from the start."""
        state, readings = self.start(), []
        for score in scores:
            state, reading = self.judge(state, score)
            readings.append(reading)
        return readings

    def peak(self, scores: Sequence[float]) -> float:
        """The largest statistic of an answer: the rule is on somewhere in it exactly if its threshold is
        not above this (0 for an answer that it never judges)."""
        return max((reading.statistic for reading in self.readings(scores)), default=0.0)
