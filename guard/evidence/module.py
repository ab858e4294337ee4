"""A probe as a torch module. It computes in float32 whatever the model computes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from guard.evidence.architecture import Activation, Architecture

if TYPE_CHECKING:
    from guard.evidence.artifact import Artifact

ACTIVATIONS: dict[Activation, Callable[[torch.Tensor], torch.Tensor]] = {
    "identity": lambda states: states,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}


class ProbeModule(torch.nn.Module):
    """[n, layers, width] → n scores in 0–1. The tensors are buffers, named as in the artifact's file
    (with `_` for the dot), so that `.to(device)` moves them and nothing trains them."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__()
        self.architecture: Architecture = artifact.card.architecture
        calibration = artifact.card.calibration
        self.platt = (calibration.scale, calibration.shift)
        for name, array in artifact.arrays.items():
            self.register_buffer(name.replace(".", "_"), torch.tensor(array, dtype=torch.float32))
        self.eval()

    def tensor(self, name: str) -> torch.Tensor:
        """By its name in the artifact."""
        return self.get_buffer(name.replace(".", "_"))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        x = states.flatten(1).float()
        if self.architecture.norm == "standard":
            # Not folded into the weights: where the mean is far above the spread, that would cost digits.
            x = (x - self.tensor("mean")) / self.tensor("scale")
        act = ACTIVATIONS[self.architecture.activation]
        depth = len(self.architecture.sizes) - 1
        for number in range(depth):
            x = torch.nn.functional.linear(x, self.tensor(f"weight.{number}"), self.tensor(f"bias.{number}"))
            if number + 1 < depth:
                x = act(x)
        scale, shift = self.platt
        return torch.sigmoid(scale * x[:, 0] + shift)
