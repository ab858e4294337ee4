"""What a gate was made of: with it and the tape of all that it saw since, it can be made again exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from guard.policy.events import Event


@dataclass(frozen=True, slots=True)
class Beginning:
    """A new run's gate has its policies alone. A branch's, and one that was taken over, has also the first
    tokens of its tape, which had left before, and what had happened among them."""

    policies: tuple[str, ...]  # their keys
    unable: frozenset[str] = frozenset()
    most: int | None = None  # as the gate knows it
    indexes: tuple[int, ...] = ()  # the public index of each of those tokens
    own: int = 0  # the run's first public index of its own
    events: tuple[Event, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "policies": list(self.policies),
            "unable": sorted(self.unable),
            "most": self.most,
            "indexes": _stretches(self.indexes),
            "own": self.own,
            "events": [event.as_json() for event in self.events],
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Beginning:
        return cls(
            tuple(saved["policies"]),
            frozenset(saved["unable"]),
            saved.get("most"),
            tuple(index for first, count in saved["indexes"] for index in range(first, first + count)),
            saved["own"],
            tuple(Event.from_json(event) for event in saved["events"]),
        )


def _stretches(indexes: Sequence[int]) -> list[tuple[int, int]]:
    """(first, how many) of each gapless part."""
    groups = groupby(enumerate(indexes), lambda pair: pair[1] - pair[0])
    parts = [[index for _, index in group] for _, group in groups]
    return [(part[0], len(part)) for part in parts]
