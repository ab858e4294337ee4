"""What stands among the steps of a run because of a policy, and what the audit is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Stands before the step with the public index `at`.

    Every event has to be saved whole (`as_json`) at its place, in one transaction with the others of its
    answer: `Gate.resume` needs them. A client is told of those of the kinds `nudge` and `retract`.
    """

    kind: str  # nudge, retract, backtrack, steer
    at: int
    policy: str  # its key
    guard: str
    score: float  # the rule's statistic
    tau: float  # its threshold, in the same unit
    text: str = ""  # nudge: the injected words
    steps: int = 0  # nudge: how many injected steps begin at `at`; filled in by whoever tokenises
    first: int = 0  # retract: the first public index withdrawn
    last: int = 0  # and the last one
    reason: str = ""  # retract: one sentence
    banned: tuple[int, ...] = ()  # backtrack: ids
    cooling: float = 1.0  # backtrack: factor of the temperature
    tokens: int = 0  # steer: for how many
    rung: int = 0  # which rung of the policy's ladder it is
    used: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # how often, by policy and rung, so far

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Event:
        """What `as_json` gave, after a round through JSON; fields of a later version are left out."""
        known = {each.name: saved[each.name] for each in fields(cls) if each.name in saved}
        known["banned"] = tuple(known.get("banned", ()))
        known["used"] = {key: tuple(counts) for key, counts in known.get("used", {}).items()}
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A policy's line was reached, or its evidence failed (`action` is `error`, `score` None)."""

    key: str  # unique in the run; the same again after a take-over
    policy: str  # its key
    guard: str
    rule: str
    score: float | None  # the rule's statistic
    threshold: float
    action: str  # what the policy says to do: flag, nudge, rollback+nudge, …, error
    done: bool  # False: a shadow policy's, or a stronger action of another policy was done instead
    shadow: bool
    hard: bool
    at: int  # the next public index at that moment
    held: int
    released: int
    retracted: int
    dropped: int
