"""One run after the other through the model's own cache: for architectures that can't be packed."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import torch
from transformers import DynamicCache

from generation.engine.directions import Pushed
from generation.engine.forward import Heads, Row, Span
from generation.engine.layers import Layers
from generation.engine.memory import memory_errors
from generation.engine.steering import Steered, Steering
from generation.engine.taps import Taps


class Continues(Enum):
    """What a model can do with a cache of its own that holds the text so far; the check at load finds out."""

    IN_CHUNKS = "several tokens at once"
    ONE_BY_ONE = "one token at a time"
    NEVER = "nothing"


@dataclass(slots=True, eq=False)
class CachedRow(Row):
    """`cache` is what the model itself keeps of `tokens`; None: they are computed with what comes next, and
    what was added at some of them (`pushes`) is added again."""

    cache: Any
    tokens: list[int]
    pushes: dict[int, Pushed] = field(default_factory=dict)


class SequentialForward:
    """Correct for any causal model, at the price of one pass a run.

    A cache that can't be cut (states of recurrent models, sliding windows), or can't take what comes next
    (`continues`), is computed anew from its tokens.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        *,
        vocabulary: int,
        max_positions: int,
        token_bytes: int,
        continues: Continues = Continues.IN_CHUNKS,
    ) -> None:
        self.model = model
        self.vocabulary, self.max_positions, self.token_bytes = vocabulary, max_positions, token_bytes
        self.continues = continues
        self.device = next(model.parameters()).device
        self._layers = Layers(model)
        self._taps, self._steering = Taps(self._layers), Steering(self._layers)
        parameters = inspect.signature(model.forward).parameters
        self._keeps = "logits_to_keep" in parameters
        self._cache = "cache_params" if "cache_params" in parameters else "past_key_values"

    def open(self) -> Row:
        return CachedRow(None, [])

    def fork(self, row: Row, length: int) -> tuple[Row, int]:
        held = _cached(row)
        if held.cache is None or not self._can_cut(held, length):
            return self.open(), 0
        with memory_errors():
            new = CachedRow(copy.deepcopy(held.cache), list(held.tokens), dict(held.pushes))
            self._cut(new, length)
        return new, length

    def park(self, row: Row, length: int) -> int:
        held = _cached(row)
        if held.cache is not None and self._can_cut(held, length):
            self._cut(held, length)
        return len(held.tokens) * self.token_bytes

    def close(self, row: Row, *, wipe: bool = False) -> None:
        held = _cached(row)
        held.cache, held.tokens, held.pushes = None, [], {}

    def watch(self, layers: frozenset[int]) -> None:
        self._taps.watch(layers)

    def check(self, layer: int) -> None:
        self._layers.index(layer)

    @torch.inference_mode()
    def run(self, spans: Many[Span]) -> Heads:
        with memory_errors():
            parts = [part for span in spans if (part := self._one(span)) is not None]
        if not parts:
            return Heads(torch.empty(0, self.vocabulary, device=self.device), {})
        logits = torch.cat([part.logits for part in parts])
        layers = parts[0].hidden
        return Heads(logits, {layer: torch.cat([part.hidden[layer] for part in parts]) for layer in layers})

    def _one(self, span: Span) -> Heads | None:
        """None where nothing is wanted yet and all would be computed anew with the next span: then that
        one pass does it all."""
        row = _cached(span.row)
        self._cut_back(row, span.start)
        row.pushes |= span.pushes
        known, cache = row.tokens, row.cache
        row.cache = None  # what a failed pass leaves in it is of no use
        several = len(span.tokens) > 1
        if self.continues is Continues.NEVER or (several and self.continues is Continues.ONE_BY_ONE):
            cache = None
            if span.wanted == 0:
                row.tokens = known + span.tokens
                return None
        tokens = span.tokens if cache is not None else known + span.tokens
        end = span.start + len(span.tokens)
        first = end - len(tokens)
        # From the end: not every output head is given all of them.
        steered = [
            Steered(pushed, position - first, position - end)
            for position, pushed in row.pushes.items()
            if position >= first
        ]
        with self._steering.over(steered):
            out = self._pass(tokens, cache, span.wanted)
        row.tokens = known + span.tokens
        if self.continues is not Continues.NEVER:
            row.cache = getattr(out, self._cache)
        hidden, count = self._taps.take(None), span.wanted
        return Heads(
            out.logits[0, out.logits.shape[1] - count :],
            {layer: states[states.shape[0] - count :] for layer, states in hidden.items()},
        )

    def _pass(self, tokens: list[int], cache: Any, wanted: int) -> Any:
        ids = torch.tensor([tokens], device=self.device)
        extra: dict[str, Any] = {"logits_to_keep": max(1, wanted)} if self._keeps else {}
        if self.continues is Continues.NEVER:
            return self.model(input_ids=ids, use_cache=False, **extra)
        return self.model(input_ids=ids, use_cache=True, **{self._cache: cache}, **extra)

    def _cut_back(self, row: CachedRow, length: int) -> None:
        if self._can_cut(row, length):
            self._cut(row, length)
        else:
            row.cache, row.tokens = None, row.tokens[:length]
            self._forget(row, length)

    def _can_cut(self, row: CachedRow, length: int) -> bool:
        if length == len(row.tokens) or row.cache is None:
            return True
        return isinstance(row.cache, DynamicCache) and all(
            type(layer).__name__ == "DynamicLayer" for layer in row.cache.layers
        )

    def _cut(self, row: CachedRow, length: int) -> None:
        if length < len(row.tokens):
            if row.cache is not None:
                row.cache.crop(length - len(row.tokens))  # minus what is taken away
            del row.tokens[length:]
            self._forget(row, length)

    @staticmethod
    def _forget(row: CachedRow, length: int) -> None:
        if row.pushes:
            row.pushes = {position: pushed for position, pushed in row.pushes.items() if position < length}


def _cached(row: Row) -> CachedRow:
    assert isinstance(row, CachedRow)
    return row
