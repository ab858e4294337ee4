"""One token on its way through the gate, and one that is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, TypeVar

P = TypeVar("P")

# Where a token came from; the words of the protocol. Others (`prefix`, `edit`) are judged as sampled ones
# are, but never taken back.
SAMPLED, NUDGE, GIVEN = "sampled", "nudge", "given"
END = "end"  # in `Gate.seen` alone: no token, but the judgement behind the last one

Scores = Mapping[str, float]


@dataclass(slots=True)
class Token(Generic[P]):
    """`scores` judge the text before this token, by the name of the guard. `payload` is the caller's own."""

    payload: P
    id: int
    origin: str = SAMPLED
    scores: Scores = field(default_factory=dict)
    stop: bool = False  # a sampled token of the model's ends


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step of the answer as it was released and saved."""

    index: int  # public
    id: int
    origin: str
    scores: Scores


class Fate(IntEnum):
    """What became of a token; the same numbers as in the audit's tape."""

    RELEASED = 0
    HELD = 1
    DROPPED = 2  # never sent, and has no index
    RETRACTED = 3  # was sent, and taken back


@dataclass(slots=True)
class Seen(Generic[P]):
    """A token in the order in which it was made. `payload` is None at an END and for resumed ones."""

    payload: P | None
    fate: Fate
    scores: Scores
    origin: str
    index: int | None = None
    stop: bool = False  # as in the token
