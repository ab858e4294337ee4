"""What may be done to a run between two of its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generation.engine.step import Step


@dataclass(frozen=True, slots=True)
class Inject:
    """These tokens come next, before anything more is sampled. Only they are computed; the cache is kept."""

    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rewind:
    """The tokens at `position` and after are taken back (of the request's context only its own)."""

    position: int


@dataclass(frozen=True, slots=True)
class Ban:
    """The next token that is sampled is none of these, and is drawn at this temperature (None: the run's).

    For that one token; whatever is done to the run before it is sampled lifts the ban.
    """

    tokens: frozenset[int]
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Steer:
    """The next `tokens` sampled ones are drawn with `strength` times this direction added to what a layer
    gives at the token before each. `layer` None: the direction's own.

    What is still to be forced comes first. Whatever else is done to the run ends it.
    """

    direction: str  # the name of one that the engine knows
    strength: float = 1.0
    tokens: int = 1
    layer: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The run ends here."""


Action = Inject | Rewind | Ban | Steer | Stop

# Called with every step of its run, the closing one included: Inject or Rewind then makes the run go on.
# Several actions are done in their order (a rollback with a nudge: Rewind, then Inject; a backtrack: Rewind,
# then Ban).
Control = Callable[[Step], "Action | tuple[Action, ...] | None"]
