"""What a worker needs of an engine beside the three verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from generation.engine.base import Engine
from generation.engine.directions import Directions
from generation.engine.probes import ProbeBank

if TYPE_CHECKING:
    from generation.engine.inprocess import Counters


class WorkingEngine(Engine, Protocol):
    counters: Counters

    @property
    def unable(self) -> frozenset[str]:
        """Kinds of a guard's actions that it can't do."""

    @property
    def device(self) -> torch.device:
        """Where probes and directions are wanted."""

    def check(self, layer: int) -> None:
        """Raises ValueError, with one sentence, for a layer that can't be read here."""

    def use(self, probes: ProbeBank, directions: Directions | None = None) -> None:
        """From the next step on these; by the thread that steps. A probe that is gone scores NaN. Raises
        ValueError for a layer that can't be read here."""

    @property
    def probes(self) -> ProbeBank: ...

    @property
    def occupancy(self) -> tuple[int, int]:
        """Runs in the batch, and runs that wait."""

    @property
    def retained_bytes(self) -> int:
        """Of the prefixes that are kept warm in this process."""
