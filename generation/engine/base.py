"""The engine's surface: three verbs. Every implementation passes the same contract suite."""

from __future__ import annotations

from typing import Protocol

from generation.engine.control import Action, Control
from generation.engine.request import Request
from generation.engine.step import Step


class Rejected(ValueError):
    """A request that could never run here; the message is one sentence for a person."""


class TooLong(Rejected):
    """It has more tokens than text and answer together may have."""


class Engine(Protocol):
    def submit(
        self, request: Request, control: Control | None = None, begin: tuple[Action, ...] = ()
    ) -> None:
        """Takes a run. It waits, if it must, until there is room. Raises Rejected for one that never fits.

        `begin` is done to it before its first step, as `control` does between two.
        """

    def cancel(self, run: str) -> None:
        """The run ends before the next engine step. An unknown or ended run is no error."""

    def steps(self) -> list[Step]:
        """Does one engine step for all runs and gives what came of it; an idle engine gives nothing."""

    @property
    def pause(self) -> float | None:
        """Seconds until `steps` has something to do: 0 when it has now, None when no run is there."""
