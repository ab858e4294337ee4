"""The tokens of an answer as they stand: some released, the newest ones perhaps held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from guard.policy.orders import Steer
from guard.policy.token import GIVEN, NUDGE, SAMPLED, Fate, P, Seen, Token
from guard.policy.watcher import Watch


@dataclass(slots=True)
class Place(Generic[P]):
    """`before` is what each watcher knew before this token's own scores came: going back restores it."""

    token: Token[P]
    seen: Seen[P]
    before: tuple[Watch, ...]
    calm: bool = True  # no live policy saw anything in the text up to this token
    counted: bool = True  # its scores judge something: not what stands behind injected words
    steered: Steer | None = None  # what the model was steered by when it was sampled
    led: bool = False  # somebody else's words stand here, or shortly before


class Line(Generic[P]):
    """Offsets count what stands; public indexes are given at release, and never twice."""

    def __init__(self) -> None:
        self.places: list[Place[P]] = []
        self.seen: list[Seen[P]] = []
        self.released = 0  # offset: those before it have left
        self.next = 0  # public index
        self.floor = 0  # offset: nothing before it can be taken back
        self.retracted = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self.places)

    @property
    def held(self) -> int:
        return len(self.places) - self.released

    @property
    def after_nudge(self) -> bool:
        return bool(self.places) and self.places[-1].token.origin == NUDGE

    @property
    def is_given(self) -> bool:
        return bool(self.places) and self.places[-1].token.origin == GIVEN

    def add(self, token: Token[P], before: tuple[Watch, ...]) -> Place[P]:
        seen = Seen(token.payload, Fate.HELD, token.scores, token.origin, stop=token.stop)
        place = Place(token, seen, before, counted=token.origin != NUDGE and not self.after_nudge)
        self.seen.append(seen)
        self.places.append(place)
        if token.origin != SAMPLED:
            self.floor = len(self.places)
        return place

    def release(self) -> tuple[int, P, bool]:
        """The next held one leaves: its index, itself, and whether its alternatives may be told."""
        place = self.places[self.released]
        place.seen.fate, place.seen.index = Fate.RELEASED, self.next
        self.released += 1
        self.next += 1
        return self.next - 1, place.token.payload, place.calm or not place.led

    def calm(self) -> int:
        """The last offset above the floor to which the text was harmless; the floor if there is none."""
        for offset in range(len(self.places) - 1, self.floor - 1, -1):
            if self.places[offset].calm:
                return offset
        return min(self.floor, len(self.places))

    def cut(self, keep: int) -> tuple[list[P], tuple[int, int] | None]:
        """Takes back all from `keep` on: the payloads that never left; the indexes (first, last) that had."""
        gone = self.places[keep:]
        out = [place for place in gone if place.seen.fate is Fate.RELEASED]
        kept_back = [place for place in gone if place.seen.fate is Fate.HELD]
        for place in out:
            place.seen.fate = Fate.RETRACTED
        for place in kept_back:
            place.seen.fate = Fate.DROPPED
        del self.places[keep:]
        self.released = min(self.released, keep)
        self.floor = min(self.floor, keep)
        self.retracted += len(out)
        self.dropped += len(kept_back)
        indexes = [place.seen.index for place in out if place.seen.index is not None]
        return [place.token.payload for place in kept_back], (indexes[0], indexes[-1]) if indexes else None
