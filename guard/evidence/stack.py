"""Probes of one architecture side by side: as many scores as probes for the price of about one."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from guard.evidence.module import ACTIVATIONS, ProbeModule


class Stack(torch.nn.Module):
    """[n, layers, width] → [n, probes]. Each column equals its probe alone but for rounding, and nothing
    that one probe's weights hold reaches another's column.

    The first layers of all probes are one matrix product where they see the same numbers; the layers above
    are one batched product each.
    """

    def __init__(self, modules: Sequence[ProbeModule]) -> None:
        super().__init__()
        first = modules[0].architecture
        if any(module.architecture != first for module in modules):
            raise ValueError("Only probes of one architecture stand side by side.")
        self._act = ACTIVATIONS[first.activation]
        self._count, self._depth = len(modules), len(first.sizes) - 1
        self._norm = first.norm == "standard"
        self._shared = True
        if self._norm:
            means = torch.stack([module.tensor("mean") for module in modules])
            scales = torch.stack([module.tensor("scale") for module in modules])
            self._shared = bool((means == means[0]).all() and (scales == scales[0]).all())
            self.register_buffer("mean", means[0] if self._shared else means[:, None])
            self.register_buffer("scale", scales[0] if self._shared else scales[:, None])
        for number in range(self._depth):
            weights = torch.stack([module.tensor(f"weight.{number}") for module in modules]).double()
            biases = torch.stack([module.tensor(f"bias.{number}") for module in modules]).double()
            if number + 1 == self._depth:  # the calibration belongs to the last layer
                scale = torch.tensor([module.platt[0] for module in modules], dtype=torch.float64)
                shift = torch.tensor([module.platt[1] for module in modules], dtype=torch.float64)
                weights = weights * scale[:, None, None].to(weights.device)
                biases = biases * scale[:, None].to(weights.device) + shift[:, None].to(weights.device)
            if number == 0 and self._shared:
                weights, biases = weights.flatten(0, 1).mT, biases.flatten()
            else:
                weights, biases = weights.mT, biases[:, None]
            self.register_buffer(f"weight_{number}", weights.float().contiguous())
            self.register_buffer(f"bias_{number}", biases.float().contiguous())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        x = states.flatten(1)
        if x.dtype != torch.float32:
            x = x.float()
        if self._norm:
            x = (x - self._held("mean")) / self._held("scale")
        elif not self._shared:
            x = x.expand(self._count, *x.shape)
        for number in range(self._depth):
            weight, bias = self._held(f"weight_{number}"), self._held(f"bias_{number}")
            if number:
                x = self._act(x)
            if number == 0 and self._shared:
                x = torch.addmm(bias, x, weight)
                if self._depth > 1:
                    x = x.view(x.shape[0], self._count, -1).transpose(0, 1)
            else:
                x = torch.baddbmm(bias, x, weight)
        return torch.sigmoid(x if self._depth == 1 and self._shared else x[..., 0].mT)

    def _held(self, name: str) -> torch.Tensor:
        """torch's own `get_buffer` takes as long as a small product."""
        tensor = self._buffers[name]
        assert tensor is not None
        return tensor
