"""Opt-in ways to run a model's weights: in 8 bits, and compiled."""

from __future__ import annotations

from typing import Any

import torch

_FEW = 4  # lines up to which torch's own kernel beats unpacking the weights first


class Int8Linear(torch.nn.Module):
    """Weights in 8 bits with one scale for each output; activations stay as they are.

    A quarter of float32's memory; each weight is off by at most half a step of its line's largest / 127.
    """

    weight: torch.Tensor
    scale: torch.Tensor
    bias: torch.Tensor | None

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = (weight.abs().amax(1).float() / 127).clamp(min=1e-12)
        rounded = (weight.float() / scale[:, None]).round().clamp(-127, 127)
        self.register_buffer("weight", rounded.to(torch.int8))
        self.register_buffer("scale", scale.to(weight.dtype))
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())
        self.in_features, self.out_features = linear.in_features, linear.out_features

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        flat = states.reshape(-1, self.in_features)
        if flat.shape[0] <= _FEW and not flat.is_cuda:
            out = torch._weight_int8pack_mm(flat, self.weight, self.scale)
        else:
            out = torch.nn.functional.linear(flat, self.weight.to(flat.dtype)) * self.scale
        if self.bias is not None:
            out = out + self.bias
        return out.view(*states.shape[:-1], self.out_features)


def to_int8(model: Any) -> Any:
    """Every linear layer but the output head, whose precision the probabilities show."""
    head = model.get_output_embeddings()
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear and child is not head:
                setattr(parent, name, Int8Linear(child))
    return model


def compile_blocks(model: Any, backend: str = "inductor") -> None:
    """Compiles the feed-forward parts, where most of the arithmetic is. Attention stays as it is: what it
    reads changes from pass to pass. The first passes are slow."""
    for name, module in model.named_modules():
        if name.rsplit(".", 1)[-1] in ("mlp", "feed_forward"):
            module.compile(dynamic=True, backend=backend)
