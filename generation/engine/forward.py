"""What the engine needs of a model: rows of keys and values, and one pass over many runs' new tokens."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Protocol

import torch

from generation.engine.directions import Pushed


class OutOfMemory(RuntimeError):
    """There is no room for the rows, or the pass itself ran out. Nothing that was computed before is lost."""


class Row:
    """A handle for one run's keys and values. Each forward has its own subclass."""

    __slots__ = ()


@dataclass(slots=True)
class Span:
    """New tokens of one run that go through the model together, at positions `start`, `start + 1` …

    What the row held from `start` on is overwritten.
    """

    row: Row
    start: int
    tokens: list[int]
    wanted: int  # the logits after the last `wanted` of them are asked for
    pushes: dict[int, Pushed] = field(default_factory=dict)  # by position: what is added there


@dataclass(slots=True)
class Heads:
    """One line a wanted position, in the order of the spans."""

    logits: torch.Tensor  # [n, vocabulary]
    hidden: dict[int, torch.Tensor]  # of the layers that were asked for: [n, width]


class Forward(Protocol):
    """Implementations: packed (all runs in one pass), sequential (one after the other), scripted (tests)."""

    vocabulary: int
    max_positions: int
    token_bytes: int  # what one token's keys and values take
    device: torch.device

    def open(self) -> Row:
        """An empty row."""

    def fork(self, row: Row, length: int) -> tuple[Row, int]:
        """A new row with the first `length` tokens of another, and how many it really took over
        (some models' states can't be cut: then 0)."""

    def park(self, row: Row, length: int) -> int:
        """Keeps only the first `length` tokens, as small as can be, for later forks; gives its bytes."""

    def close(self, row: Row, *, wipe: bool = False) -> None:
        """Frees it. `wipe`: it may hold what is no number, and nobody may meet that again."""

    def watch(self, layers: frozenset[int]) -> None:
        """The layers whose hidden states `run` gives, as they are before anything is added to them. Raises
        ValueError for one that isn't there."""

    def check(self, layer: int) -> None:
        """Raises ValueError, with one sentence, for a layer that can't be read or steered here."""

    def run(self, spans: Many[Span]) -> Heads:
        """One pass. Raises OutOfMemory with every row as it was (positions before each span's start).

        What is pushed in one row changes no bit of another's."""
