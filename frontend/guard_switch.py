"""What a user may decide about the guard, for the settings on the page; each run is decided about anew."""

from __future__ import annotations

from dataclasses import dataclass

from generation import engines
from guard.standing import Forbidden, NoGuard, Who, Wish, stands

SWITCHED = frozenset({"guard"})


@dataclass(frozen=True, slots=True)
class GuardSwitch:
    """`on`: what holds for whoever says nothing. `tau`: the line below which a user may set their own."""

    on: bool
    may_switch_on: bool
    may_switch_off: bool
    tau: float | None

    @property
    def is_fixed(self) -> bool:
        return self.on and not self.may_switch_off

    @property
    def line(self) -> str:
        return "" if self.tau is None else f"{self.tau:.3g}"

    @property
    def sentence(self) -> str:
        if self.is_fixed:
            return "The guard reads along and acts on what is unsafe. This site keeps it on."
        if self.on:
            return "The guard reads along and acts on what is unsafe. It is on, unless you switch it off."
        if self.may_switch_on:
            return "The guard reads along and acts on what is unsafe. It is off, unless you switch it on."
        return "There is no guard for this model yet."


def guard_switch(user: int) -> GuardSwitch:
    """For the model that is asked when none is named."""
    offered = engines.offered()
    who = Who(user, 0, offered[0] if offered else "")
    standing = stands(who, Wish())
    return GuardSwitch(
        on=standing.guard,
        may_switch_on=standing.guard or _may(who, True),
        may_switch_off=not standing.guard or _may(who, False),
        tau=standing.tau,
    )


def _may(who: Who, on: bool) -> bool:
    try:
        stands(who, Wish(on, None, SWITCHED))
    except (Forbidden, NoGuard):
        return False
    return True
