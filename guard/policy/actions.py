"""What a policy may do: each action says what it does to the sequence, and which event it leaves.

A new one is a class here with the decorator, and its name in a ladder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from guard.policy.orders import End, Inject, Order, Steer
from guard.policy.rung import Rung

BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Sight:
    """What an action may look at: offsets into the tokens that stand, the newest one included."""

    standing: int
    released: int  # how many of them have left
    leaving: int  # how many will have, if the newest one may: without a hold it may
    floor: int  # nothing before it may be taken back: forced, injected or another run's
    calm: int  # the last place from `floor` on where nothing was in sight; `floor` if there was none
    nudge: str
    refusal: str
    closing: bool  # the model has nothing more to say, unless something is taken back or injected


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. Tokens from `keep` on are taken back; released ones among them are retracted."""

    keep: int
    passes: bool = False  # the newest token leaves first, where there is no hold
    resets: bool = False  # all rules begin anew: the text is another one from here
    ban: float | None = None  # the token at `keep` may not come again; the factor of the temperature
    orders: tuple[Order, ...] = ()
    retracts_all: bool = False  # everything of the run's own that was released


class Action:
    """`weight`: where several policies ask for something at once, the heaviest is done."""

    kind: ClassVar[str] = ""
    weight: ClassVar[int] = 0
    nudges: ClassVar[bool] = False  # injects words: counted for the whole run, and cooled down after
    acts: ClassVar[bool] = True  # False: it changes nothing in the sequence
    ends: ClassVar[bool] = False
    times: ClassVar[int | None] = None  # a run, unless its rung says otherwise; None: without limit

    def plan(self, rung: Rung, sight: Sight) -> Plan | None:
        """None: not possible here, so the next rung is asked."""
        raise NotImplementedError


ACTIONS: dict[str, Action] = {}


def action(made: type[Action]) -> type[Action]:
    ACTIONS[made.kind] = made()
    return made


@action
class Flag(Action):
    """Writes it down, and nothing else."""

    kind, weight, acts, times = "flag", 0, False, 1

    def plan(self, rung: Rung, sight: Sight) -> Plan:
        return Plan(sight.standing)


@action
class SteerAway(Action):
    """Adds a direction to a layer's output for a while. What was held is written again under it."""

    kind, weight, times = "steer", 1, 1

    def plan(self, rung: Rung, sight: Sight) -> Plan | None:
        if sight.closing and sight.leaving == sight.standing:
            return None
        order = Steer(rung.direction, rung.layer, rung.strength, rung.tokens)
        return Plan(sight.leaving, passes=True, resets=True, orders=(order,))


@action
class Backtrack(Action):
    """Back to the last safe checkpoint: the token taken there is banned, and another one is drawn, cooler."""

    kind, weight, times = "backtrack", 2, 2

    def plan(self, rung: Rung, sight: Sight) -> Plan | None:
        keep = min(sight.calm, sight.standing - 1)
        return None if keep < sight.floor else Plan(keep, ban=rung.cooling)


@action
class Nudge(Action):
    """Injects the policy's words behind what was released; what was held is dropped."""

    kind, weight, nudges = "nudge", 3, True

    def plan(self, rung: Rung, sight: Sight) -> Plan:
        return Plan(sight.leaving, passes=True, resets=True, orders=(Inject(sight.nudge),))


@action
class Rollback(Action):
    """Back to the last safe checkpoint, released steps included, and then the policy's words."""

    kind, weight, nudges = "rollback+nudge", 4, True

    def plan(self, rung: Rung, sight: Sight) -> Plan:
        keep = min(max(sight.calm, sight.floor), sight.released)
        return Plan(keep, resets=True, orders=(Inject(sight.nudge),))


@action
class Refuse(Action):
    """Ends the run with the policy's sentence; what was held is dropped."""

    kind, weight, ends = "refuse", 5, True

    def plan(self, rung: Rung, sight: Sight) -> Plan:
        return Plan(sight.released, orders=(End(BLOCKED, sight.refusal),))


@action
class Block(Action):
    """Ends the run, and takes back all that it said."""

    kind, weight, ends = "block", 6, True

    def plan(self, rung: Rung, sight: Sight) -> Plan:
        return Plan(sight.released, orders=(End(BLOCKED, sight.refusal),), retracts_all=True)


def limit(rung: Rung) -> int | None:
    """How often a run may stand on this rung."""
    return ACTIONS[rung.kind].times if rung.times is None else rung.times
