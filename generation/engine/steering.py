"""Adds vectors to what layers give, in chosen rows of one pass. A pass without any costs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from generation.engine.directions import Pushed
from generation.engine.layers import Layers


@dataclass(frozen=True, slots=True)
class Steered:
    """`row` of the pass's input, and `line` of the output head's (None: the head isn't given that row).
    Negative ones count from the end."""

    pushed: Pushed
    row: int
    line: int | None


class Steering:
    """Whoever reads a layer (`Taps`) sees what it gave before anything was added there: what judges a text by
    that layer, or by one below, judges it as if nobody had steered."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers

    @contextmanager
    def over(self, steered: Sequence[Steered]) -> Iterator[None]:
        """For one pass."""
        if not steered:
            yield
            return
        hooks: list[Any] = []
        try:
            for index, group in self._by_layer(steered).items():
                hooks.append(self._hook(index, group))
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _by_layer(self, steered: Sequence[Steered]) -> dict[int, list[Steered]]:
        groups: dict[int, list[Steered]] = {}
        for one in steered:
            groups.setdefault(self._layers.index(one.pushed.layer), []).append(one)
        return groups

    def _hook(self, index: int, group: list[Steered]) -> Any:
        if index == self._layers.count:
            lines = [(one.line, one.pushed.vector) for one in group if one.line is not None]

            def before_head(_module: torch.nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
                return _added(args[0], lines), *args[1:]

            return self._layers.head().register_forward_pre_hook(before_head)
        rows = [(one.row, one.pushed.vector) for one in group]
        if index:

            def behind(_module: torch.nn.Module, _args: Any, output: Any) -> Any:
                if isinstance(output, tuple):
                    return _added(output[0], rows), *output[1:]
                return _added(output, rows)

            return self._layers.blocks()[index - 1].register_forward_hook(behind)

        def before(
            _module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> tuple[tuple[Any, ...], dict[str, Any]]:
            if args:
                return (_added(args[0], rows), *args[1:]), kwargs
            return args, kwargs | {"hidden_states": _added(kwargs["hidden_states"], rows)}

        return self._layers.blocks()[0].register_forward_pre_hook(before, with_kwargs=True)


def _added(states: torch.Tensor, rows: list[tuple[int, torch.Tensor]]) -> torch.Tensor:
    """A copy: what somebody else keeps of these states stays as it was, and so do all other rows' bits."""
    flat = states.flatten(0, -2).clone()
    for row, vector in rows:
        if -flat.shape[0] <= row < flat.shape[0]:
            flat[row] += vector.to(flat)
    return flat.view(states.shape)
