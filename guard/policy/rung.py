"""One rung of a policy's ladder: an action and its numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rung:
    kind: str
    times: int | None = None  # how often before the next rung's turn; None: the action's own
    cooling: float = 0.7  # backtrack: factor of the temperature for the token that is drawn again
    direction: str = ""  # steer: the name of an artifact; empty: the guard's own that raised the alarm
    layer: int | None = None  # steer; None: the one that the artifact was made for
    strength: float = 1.0  # steer
    tokens: int = 32  # steer: for how many sampled ones
