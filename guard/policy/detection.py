"""How well a rule does on labelled answers: what it stops for nothing, what it catches, and how late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from guard.policy.interval import interval
from guard.policy.rule import Rule
from guard.policy.scores import quantised


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answer's scores, the one behind its last token included, and its first unsafe token (None: safe)."""

    scores: tuple[float, ...]
    onset: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    hits: int
    count: int

    @property
    def value(self) -> float:
        return self.hits / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Exact, 95 %; anything from 0 to 1 where nothing was counted."""
        return interval(self.hits, self.count) if self.count else (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Detection:
    """Tokens are counted. A delay is how many unsafe tokens were made when the alarm came, below 1 if it came
    before the first; an exposure is how many of them had been released, whether or not it came."""

    false_alarms: Share  # of the safe answers
    caught: Share  # of the unsafe ones
    shown: Share  # of the unsafe ones, those with any exposure
    delays: tuple[int, ...]  # of those that were caught
    exposures: tuple[int, ...]  # of all unsafe ones

    @property
    def delay(self) -> float | None:
        return median(self.delays) if self.delays else None

    @property
    def exposure(self) -> float | None:
        return sum(self.exposures) / len(self.exposures) if self.exposures else None


def detect(rule: Rule, answers: Sequence[Labelled], hold: int) -> Detection:
    """The rule alone, up to its first alarm; what an action does then is not this one's question."""
    safe = [answer for answer in answers if answer.onset is None]
    delays, exposures = [], []
    for answer in answers:
        if answer.onset is None:
            continue
        alarm = first_alarm(rule, answer.scores)
        made = len(answer.scores) - 1
        if alarm is not None:
            delays.append(alarm - answer.onset)
            # As many tokens were judged, and the newest one isn't yet: it leaves too where nothing is held.
            made = min(made, alarm + 1) if hold == 0 else max(0, alarm - hold)
        exposures.append(max(0, made - answer.onset))
    stopped = sum(first_alarm(rule, answer.scores) is not None for answer in safe)
    return Detection(
        Share(stopped, len(safe)),
        Share(len(delays), len(exposures)),
        Share(sum(exposure > 0 for exposure in exposures), len(exposures)),
        tuple(delays),
        tuple(exposures),
    )


def compare(rules: Mapping[str, tuple[Rule, int]], answers: Sequence[Labelled]) -> dict[str, Detection]:
    """Rules with their holds beside each other, on the same answers."""
    return {name: detect(rule, answers, hold) for name, (rule, hold) in rules.items()}


def first_alarm(rule: Rule, scores: Sequence[float]) -> int | None:
    """How many tokens had been judged when it came."""
    readings = rule.readings([quantised(score) for score in scores])
    return next((place for place, reading in enumerate(readings) if reading.on), None)
