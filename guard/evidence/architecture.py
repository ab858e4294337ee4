"""What an artifact may be: a fixed list. Anything else is refused before a weight is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from guard.evidence.refused import ArtifactRefused

Kind = Literal["linear", "mlp", "direction"]
Activation = Literal["identity", "logistic", "tanh", "relu"]
Norm = Literal["none", "standard"]

KINDS: tuple[Kind, ...] = ("linear", "mlp", "direction")
ACTIVATIONS: tuple[Activation, ...] = ("identity", "logistic", "tanh", "relu")  # as scikit-learn names them
NORMS: tuple[Norm, ...] = ("none", "standard")

MOST_HIDDEN = 8
WIDEST = 16_384  # of a hidden layer
MOST_INPUTS = 1 << 20
MOST_NUMBERS = 1 << 26  # in all of a probe's weights: 256 MiB as float32


@dataclass(frozen=True, slots=True)
class Architecture:
    """`inputs` numbers → (norm) → hidden layers → one logit → logistic function → a score in 0–1.

    `inputs` is the width times the number of layers: their states stand one after the other. A direction is
    no network: `inputs` numbers that are added to a state.
    """

    kind: Kind
    inputs: int
    hidden: tuple[int, ...] = ()
    activation: Activation = "identity"
    norm: Norm = "none"

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.activation not in ACTIVATIONS or self.norm not in NORMS:
            raise ArtifactRefused("This guard has an architecture that SafeLens doesn't know.")
        if (self.kind == "mlp") is (self.hidden == ()):
            raise ArtifactRefused("A linear guard has no hidden layers, an MLP has at least one.")
        if self.kind == "direction" and (self.activation, self.norm) != ("identity", "none"):
            raise ArtifactRefused("A direction has neither an activation nor a norm.")
        if len(self.hidden) > MOST_HIDDEN or not all(1 <= size <= WIDEST for size in self.hidden):
            raise ArtifactRefused(
                f"A guard has at most {MOST_HIDDEN} hidden layers of 1 to {WIDEST:,} numbers each."
            )
        if not 1 <= self.inputs <= MOST_INPUTS or self.numbers > MOST_NUMBERS:
            raise ArtifactRefused("This guard is larger than SafeLens loads.")

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.inputs, *self.hidden, 1)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the weights' file by name. Weights are stored as [out, in]."""
        if self.kind == "direction":
            return {"direction": (self.inputs,)}
        shapes: dict[str, tuple[int, ...]] = {}
        for number, (below, above) in enumerate(pairwise(self.sizes)):
            shapes[f"weight.{number}"] = (above, below)
            shapes[f"bias.{number}"] = (above,)
        if self.norm == "standard":
            shapes["mean"] = shapes["scale"] = (self.inputs,)
        return shapes

    @property
    def numbers(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes().values())
