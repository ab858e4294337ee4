"""One run after the other through the model's own cache: for architectures that can't be packed."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from generation.engine.forward import Heads, Row, Span
from generation.engine.memory import memory_errors
from generation.engine.taps import Taps


@dataclass(slots=True, eq=False)
class CachedRow(Row):
    """`cache` is whatever the model itself keeps; `tokens` are what it was computed from."""

    cache: Any
    tokens: list[int]


class SequentialForward:
    """Correct for any causal model, at the price of one pass a run.

    A cache that can't be cut (states of recurrent models, sliding windows) is computed anew from its
    tokens where a run goes back.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        *,
        vocabulary: int,
        max_positions: int,
        token_bytes: int,
    ) -> None:
        self.model = model
        self.vocabulary, self.max_positions, self.token_bytes = vocabulary, max_positions, token_bytes
        self.device = next(model.parameters()).device
        self._taps = Taps(model)
        self._keeps = "logits_to_keep" in inspect.signature(model.forward).parameters

    def open(self) -> Row:
        return CachedRow(None, [])

    def fork(self, row: Row, length: int) -> tuple[Row, int]:
        held = _cached(row)
        if held.cache is None or not self._can_cut(held, length):
            return self.open(), 0
        with memory_errors():
            new = CachedRow(copy.deepcopy(held.cache), list(held.tokens))
            self._cut(new, length)
        return new, length

    def park(self, row: Row, length: int) -> int:
        held = _cached(row)
        if held.cache is not None and self._can_cut(held, length):
            self._cut(held, length)
        return len(held.tokens) * self.token_bytes

    def close(self, row: Row) -> None:
        held = _cached(row)
        held.cache, held.tokens = None, []

    def watch(self, layers: frozenset[int]) -> None:
        self._taps.watch(layers)

    @torch.inference_mode()
    def run(self, spans: Many[Span]) -> Heads:
        with memory_errors():
            parts = [self._one(span) for span in spans]
        logits = torch.cat([part.logits for part in parts])
        names = parts[0].hidden
        return Heads(logits, {layer: torch.cat([part.hidden[layer] for part in parts]) for layer in names})

    def _one(self, span: Span) -> Heads:
        row = _cached(span.row)
        tokens = list(span.tokens)
        if len(row.tokens) > span.start:
            if self._can_cut(row, span.start):
                self._cut(row, span.start)
            else:
                tokens = row.tokens[: span.start] + tokens
                row.cache, row.tokens = None, []
        ids = torch.tensor([tokens], device=self.device)
        keep = max(1, span.wanted)
        extra = {"logits_to_keep": keep} if self._keeps else {}
        name = "cache_params" if self._is_stateful() else "past_key_values"
        out = self.model(input_ids=ids, use_cache=True, **{name: row.cache}, **extra)
        row.cache = getattr(out, name)
        row.tokens = row.tokens + tokens
        hidden = self._taps.take(None)
        count = span.wanted
        return Heads(
            out.logits[0, out.logits.shape[1] - count :],
            {layer: states[states.shape[0] - count :] for layer, states in hidden.items()},
        )

    def _is_stateful(self) -> bool:
        return "cache_params" in inspect.signature(self.model.forward).parameters

    def _can_cut(self, row: CachedRow, length: int) -> bool:
        if length == len(row.tokens):
            return True
        return isinstance(row.cache, DynamicCache) and all(
            type(layer).__name__ == "DynamicLayer" for layer in row.cache.layers
        )

    def _cut(self, row: CachedRow, length: int) -> None:
        if length < len(row.tokens):
            row.cache.crop(length)
            del row.tokens[length:]


def _cached(row: Row) -> CachedRow:
    assert isinstance(row, CachedRow)
    return row
