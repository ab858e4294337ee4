"""A policy as a value: what is looked at, what the scores mean, what is done. It never changes."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final

from guard.policy.broken import Looser
from guard.policy.rule import Rule
from guard.policy.rules import RULES
from guard.policy.rung import Rung

NUDGE: Final = (
    "Sorry, I was going to generate an unsafe response. Instead, let me correct that and make sure the "
    "response is very safe, ethical and cannot be used to harm society. Here is an alternate, safe answer "
    "to your question:"
)
REFUSAL: Final = "This answer was stopped by the site's safety policy."
PLACES = ("input", "stream", "output")
HOLDS = {kind: rule.hold for kind, rule in RULES.items()}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where a threshold comes from: of `count` benign answers it stopped `stopped`; `bound` is the exact
    upper bound (95 %, one-sided) of the share that it stops."""

    budget: float
    count: int
    stopped: int
    bound: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One guard at one place. `budget` is the share of benign answers that it may stop; a threshold that is
    None still has to be calibrated from it."""

    name: str
    place: str = "stream"
    threshold: float | None = None
    budget: float | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    """Immutable. `reading.read` makes one from what somebody wrote, and refuses with one sentence."""

    evidence: tuple[Evidence, ...]
    rule: Rule  # its own threshold is not used: each evidence has one
    ladder: tuple[Rung, ...]
    hold: int = 0  # tokens
    on_error: str = "block"  # or "allow", in shadow policies alone
    optional: bool = False  # users may switch it off
    shadow: bool = False  # only records what it would do
    nudge: str = NUDGE
    refusal: str = REFUSAL
    cooldown: int = 32  # tokens after a nudge in which there is no other
    nudges: int = 2  # a run
    output: str = "live"  # or "held": what is judged as a whole text is shown when it has passed

    def as_json(self) -> dict[str, Any]:
        """What `reading.read` takes, and makes the same value of again."""
        rule = {name: value for name, value in _flat(self.rule).items() if name != "threshold"}
        return {
            **_flat(self),
            "evidence": [_evidence(each) for each in self.evidence],
            "rule": {"kind": self.rule.kind, **rule},
            "ladder": [_rung(rung) for rung in self.ladder],
        }

    def at(self, place: str) -> tuple[Evidence, ...]:
        return tuple(each for each in self.evidence if each.place == place)

    @property
    def is_ready(self) -> bool:
        """Whether it can judge: every threshold is known."""
        return all(each.threshold is not None for each in self.evidence)

    def calibrated(self, name: str, threshold: float, calibration: Calibration) -> Spec:
        """With the threshold of this evidence in the stream."""
        return replace(
            self,
            evidence=tuple(
                replace(each, threshold=threshold, budget=calibration.budget, calibration=calibration)
                if each.name == name and each.place == "stream"
                else each
                for each in self.evidence
            ),
        )

    @property
    def tau(self) -> float | None:
        """The highest line in the stream: what a user may go below. None: nothing is judged there."""
        return max((each.threshold or 0.0 for each in self.at("stream")), default=None)

    def stricter(self, tau: float) -> Spec:
        """With a user's tau. Raises Looser where it would loosen anything; a lower line stays as it is."""
        line = self.tau
        if line is None:
            return self
        if not 0.0 <= tau <= line:
            raise Looser(f"The guard may only be made stricter: at most {line:g}.")
        return self.moved(tau)

    def moved(self, tau: float) -> Spec:
        """With no line in the stream above `tau`."""
        return replace(
            self,
            evidence=tuple(
                replace(each, threshold=min(each.threshold or 0.0, tau)) if each.place == "stream" else each
                for each in self.evidence
            ),
        )


def _flat(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    made = {name: value for name, value in _flat(evidence).items() if value is not None}
    if evidence.calibration is not None:
        made["calibration"] = _flat(evidence.calibration)
    return made


def _rung(rung: Rung) -> dict[str, Any]:
    """Without what is as it would be anyway."""
    usual = Rung(rung.kind)
    return {
        name: value for name, value in _flat(rung).items() if name == "kind" or value != getattr(usual, name)
    }
