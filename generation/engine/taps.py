"""Reads hidden states where they pass by, at the wanted places only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from generation.engine.layers import Layers


class Taps:
    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self.wanted: dict[int, int] = {}
        self._seen: dict[int, torch.Tensor] = {}
        self._head: torch.Tensor | None = None
        self._hooks: list[Any] = []

    def watch(self, layers: frozenset[int]) -> None:
        """From now on these. Raises ValueError for one that isn't there; then nothing has changed."""
        wanted = {layer: self._layers.index(layer) for layer in layers}
        inner = set(wanted.values()) - {self._layers.count}
        blocks = self._layers.blocks() if inner else torch.nn.ModuleList()
        for hook in self._hooks:
            hook.remove()
        self._hooks, self.wanted = [], wanted
        if self._layers.count in wanted.values():
            self._hooks.append(self._layers.head().register_forward_pre_hook(self._keep_head))
        if 0 in inner:
            self._hooks.append(blocks[0].register_forward_pre_hook(self._keep_input, with_kwargs=True))
        for index in inner - {0}:
            self._hooks.append(blocks[index - 1].register_forward_hook(self._keep(index)))

    def take(self, kept: torch.Tensor | None) -> dict[int, torch.Tensor]:
        """The states at the places `kept` of the pass that just ran, [n, width] each. The head's input
        holds only these already, unless `kept` is None: then everything does."""
        out = {}
        for layer, index in self.wanted.items():
            if index == self._layers.count:
                assert self._head is not None
                out[layer] = self._head.flatten(0, -2)
            else:
                states = self._seen[index].flatten(0, -2)
                out[layer] = states if kept is None else states[kept]
        self._head = None
        self._seen.clear()
        return out

    def _keep_head(self, _module: torch.nn.Module, args: tuple[torch.Tensor, ...]) -> None:
        self._head = args[0]

    def _keep_input(
        self, _m: torch.nn.Module, args: tuple[torch.Tensor, ...], kwargs: dict[str, Any]
    ) -> None:
        self._seen[0] = args[0] if args else kwargs["hidden_states"]

    def _keep(self, index: int) -> Callable[..., None]:
        def hook(_module: torch.nn.Module, _args: Any, output: Any) -> None:
            self._seen[index] = output[0] if isinstance(output, tuple) else output

        return hook
