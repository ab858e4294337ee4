"""Reads hidden states where they pass by, at the wanted places only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class Taps:
    """Layers are counted as in Hugging Face's `hidden_states`: 0 the embeddings, n after the n-th layer,
    the last one after the final norm (what the output head is given)."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self._count = int(model.config.get_text_config().num_hidden_layers)  # type: ignore[operator, union-attr]
        self.wanted: dict[int, int] = {}
        self._seen: dict[int, torch.Tensor] = {}
        self._head: torch.Tensor | None = None
        self._hooks: list[Any] = []

    def watch(self, layers: frozenset[int]) -> None:
        """From now on these. Raises ValueError for one that isn't there; then nothing has changed."""
        wanted = {layer: self._index(layer) for layer in layers}
        inner = set(wanted.values()) - {self._count}
        blocks = _blocks(self._model, self._count) if inner else torch.nn.ModuleList()
        for hook in self._hooks:
            hook.remove()
        self._hooks, self.wanted = [], wanted
        if self._count in wanted.values():
            head = self._model.get_output_embeddings()  # type: ignore[operator]
            self._hooks.append(head.register_forward_pre_hook(self._keep_head))
        if 0 in inner:
            self._hooks.append(blocks[0].register_forward_pre_hook(self._keep_input, with_kwargs=True))
        for index in inner - {0}:
            self._hooks.append(blocks[index - 1].register_forward_hook(self._keep(index)))

    def take(self, kept: torch.Tensor | None) -> dict[int, torch.Tensor]:
        """The states at the places `kept` of the pass that just ran, [n, width] each. The head's input
        holds only these already, unless `kept` is None: then everything does."""
        out = {}
        for layer, index in self.wanted.items():
            if index == self._count:
                assert self._head is not None
                out[layer] = self._head.flatten(0, -2)
            else:
                states = self._seen[index].flatten(0, -2)
                out[layer] = states if kept is None else states[kept]
        self._head = None
        self._seen.clear()
        return out

    def _index(self, layer: int) -> int:
        index = layer + self._count + 1 if layer < 0 else layer
        if not 0 <= index <= self._count:
            raise ValueError(f"There is no layer {layer}: this model has {self._count}.")
        return index

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


def _blocks(model: torch.nn.Module, count: int) -> torch.nn.ModuleList:
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return module
    raise ValueError("Its layers can't be found, so nothing can read between them.")
