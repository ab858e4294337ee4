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
class Stop:
    """The run ends here."""


Action = Inject | Rewind | Ban | Stop

# Called with every step of its run, the closing one included: Inject or Rewind then makes the run go on.
# Several actions are done in their order (a rollback with a nudge: Rewind, then Inject; a backtrack: Rewind,
# then Ban).
Control = Callable[[Step], "Action | tuple[Action, ...] | None"]
