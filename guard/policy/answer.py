"""What the gate answers to one token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic

from guard.policy.events import Alarm, Event
from guard.policy.orders import End, Order
from guard.policy.token import P


@dataclass(frozen=True, slots=True)
class Released(Generic[P]):
    index: int  # public
    payload: P
    tells: bool = True  # what else the model might have said here: not where somebody leads it astray


@dataclass(slots=True)
class Answer(Generic[P]):
    """`out` is what leaves, in order; all of it is recorded together, before any of it is sent."""

    out: list[Released[P] | Event] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)  # done in order, before the next token is sampled
    dropped: list[P] = field(default_factory=list)  # held, and never to be sent
    alarms: list[Alarm] = field(default_factory=list)  # for the audit

    @property
    def end(self) -> End | None:
        """Set if a policy ends the run: no step comes after this."""
        return next((order for order in self.orders if isinstance(order, End)), None)

    @property
    def goes_on(self) -> bool:
        """Whether the run has more to say, though its closing judgement was given."""
        return bool(self.orders) and self.end is None
