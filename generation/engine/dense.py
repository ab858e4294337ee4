"""A CPU's linear layers on weights that are packed once, in the order in which the kernel reads them.

`F.linear` packs them again at every call, or leaves them to a kernel that uses half of a vector register.
Measured on two cores with AVX-512, packed against not: 16 lines 2–4 × faster in float32 and 1.5–3 × in
bfloat16, one line 2–4 × where the layer doesn't lie in the cache. And a line's bits no longer depend on how
many lines stand beside it, which `F.linear` never promised.

The kernel makes code for every number of lines that it meets, and keeps it: half a megabyte each, a thousand
of them. So lines are filled up to one of a few numbers, and a process ends up with some fifty megabytes.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

_LINES = 16  # what the order is chosen for; on the machines tried it was best for any other number too
_PACKABLE = (torch.float32, torch.bfloat16)


class Packed:
    """Can stand in for a layer's `forward`; the layer, its weight and its hooks stay what they are."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._bias = None if bias is None else bias.detach()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), _LINES)

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        width = states.shape[-1]
        lines = states.numel() // width
        missing = filled(lines) - lines
        if not missing:
            return self._product(states)
        whole = F.pad(states.reshape(lines, width), (0, 0, 0, missing))
        return self._product(whole)[:lines].view(*states.shape[:-1], -1)

    def _product(self, states: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            states, self._weight, self._bias, "none", [], ""
        )
        return out


def filled(lines: int) -> int:
    """The next number of which only the three leading bits may be set: 1 … 8, 10, 12, 14, 16, 20, 24 …"""
    step = 1 << max(0, lines.bit_length() - 3)
    return -(-lines // step) * step


def pack_weights(model: Any) -> None:
    """Every plain linear layer of a model on a CPU. Weights that nobody else shares then stand there twice
    until `release_weights`."""
    for linear in _layers(model):
        if packable(linear) and "forward" not in vars(linear):
            vars(linear)["forward"] = Packed(linear.weight, linear.bias)


def unpack_weights(model: Any) -> None:
    for linear in _layers(model):
        vars(linear).pop("forward", None)


def release_weights(model: Any) -> None:
    """Frees what layers with another `forward` no longer read: their `weight` keeps its shape alone and can't
    be saved. For a model that does nothing any more but be served."""
    shared = [parameter.data_ptr() for _, parameter in model.named_parameters(remove_duplicate=False)]
    for linear in _layers(model):
        if "forward" in vars(linear) and shared.count(linear.weight.data_ptr()) == 1:
            linear.weight = torch.nn.Parameter(linear.weight.to("meta"), requires_grad=False)


def packable(module: torch.nn.Module) -> bool:
    """A plain linear layer on a CPU that can pack it."""
    if type(module) is not torch.nn.Linear or not torch._C._has_mkldnn:
        return False
    return module.weight.device.type == "cpu" and module.weight.dtype in _PACKABLE


def _layers(model: Any) -> list[torch.nn.Linear]:
    return [module for module in model.modules() if type(module) is torch.nn.Linear]
