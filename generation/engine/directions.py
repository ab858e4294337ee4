"""Directions that runs may be steered by, and how hard one is pushed along them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """`vector`, [width], is added to what `layer` gives, unless somebody names another layer."""

    name: str
    vector: torch.Tensor
    layer: int


@dataclass(frozen=True, slots=True)
class Push:
    """What is done to one position of a run: its keys and values are others by it, in the layers above."""

    direction: str
    strength: float
    layer: int | None = None  # None: the direction's own


@dataclass(frozen=True, slots=True, eq=False)
class Pushed:
    """A push as a pass needs it."""

    layer: int
    vector: torch.Tensor


class Directions:
    """All that an engine knows, by their names."""

    def __init__(self, directions: Iterable[Direction] = (), device: torch.device | None = None) -> None:
        self._known: dict[str, Direction] = {}
        for direction in directions:
            if direction.name in self._known:
                raise ValueError("Two directions have the same name.")
            if direction.vector.dim() != 1 or not torch.isfinite(direction.vector).all():
                raise ValueError(f"The direction {direction.name} is no list of finite numbers.")
            self._known[direction.name] = direction
        self._device = device
        self._ready: dict[Push, Pushed] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._known

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._known)

    def layer(self, push: Push) -> int:
        return self._known[push.direction].layer if push.layer is None else push.layer

    def ready(self, push: Push) -> Pushed:
        """Made once for each: a run is pushed in the same way at every token. Raises KeyError."""
        found = self._ready.get(push)
        if found is None:
            vector = self._known[push.direction].vector.float() * push.strength
            found = Pushed(self.layer(push), vector.to(self._device))
            self._ready[push] = found
        return found
