"""The attention that Hugging Face's models call in a packed pass: each token sees its own run's row only."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F

from generation.engine.shelves import LayerShape, Shelf

_numbers = itertools.count(1)


class NotPackable(RuntimeError):
    """The model asks for something that packed rows can't give; the message says what."""


@dataclass(slots=True)
class Chunk:
    """Several tokens of one run, or one token attended on its own."""

    shelf: Shelf
    slot: int
    first: int  # place in the packed input
    count: int
    start: int  # position in the run


@dataclass(slots=True)
class Group:
    """One token each of runs on one shelf, which stand in slots `low` … `high - 1`; some of those slots
    may belong to nobody here: their lines are computed and dropped."""

    shelf: Shelf
    low: int
    high: int
    first: int
    count: int
    longest: int
    slots: torch.Tensor | None  # relative to `low`; None: exactly all, in order
    lengths: torch.Tensor  # of each slot in low … high, the new token counted in


@dataclass(slots=True)
class Layout:
    """Where a pass's tokens belong. Masks are built once a pass, not once a layer."""

    chunks: list[Chunk]
    groups: list[Group]
    writes: list[tuple[Shelf, torch.Tensor, torch.Tensor | None]]  # flat places, and which tokens
    total: int  # tokens in the pass, padding included
    reach: int  # one more than the furthest position
    masks: dict[tuple[int, int | None], torch.Tensor | None] = field(default_factory=dict)
    turns: torch.Tensor | None = None  # by which fused blocks turn queries and keys


@dataclass(slots=True)
class How:
    """What a layer's attention asks for beyond queries, keys and values."""

    scaling: float | None
    window: int | None
    softcap: float | None
    sinks: torch.Tensor | None


class PackedAttention:
    """Registered once; what a pass needs to know stands in `layout`. Without one it learns the model's
    shapes: `learned` then has one entry a call."""

    def __init__(self) -> None:
        self.name = f"safelens_{next(_numbers)}"  # of its own: a process may hold several models
        self.layout: Layout | None = None
        self.learned: list[tuple[int, LayerShape, int | None]] = []
        self.calls = 0

    def __call__(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        dropout: float = 0.0,
        scaling: float | None = None,
        sliding_window: int | None = None,
        softcap: float | None = None,
        s_aux: torch.Tensor | None = None,
        position_bias: torch.Tensor | None = None,
        **_: Any,
    ) -> tuple[torch.Tensor, None]:
        if position_bias is not None:
            raise NotPackable("it adds a bias for positions")
        self.calls += 1
        how = How(scaling, sliding_window, softcap, s_aux)
        if self.layout is None:
            return self._learn(module, query, key, value, how), None
        layer = module.layer_idx
        assert isinstance(layer, int)
        queries, keys, values = (one[0].transpose(0, 1) for one in (query, key, value))
        return self.attend(self.layout, layer, queries, keys, values, how)[None], None

    def _learn(
        self, module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, how: How
    ) -> torch.Tensor:
        layer = getattr(module, "layer_idx", None)
        if not isinstance(layer, int):
            raise NotPackable("its attention doesn't say which layer it is")
        self.learned.append((layer, LayerShape(key.shape[1], key.shape[3], value.shape[3]), how.window))
        count = query.shape[2]
        mask = _causal(count, 0, count, how.window, query)
        return _attend(query, key, value, mask, how).transpose(1, 2)

    def attend(
        self,
        layout: Layout,
        layer: int,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        how: How,
    ) -> torch.Tensor:
        """All of them, and what is given, as [tokens, heads, width]."""
        for shelf, places, tokens in layout.writes:
            k, v = (keys, values) if tokens is None else (keys[tokens], values[tokens])
            held_keys, held_values = shelf.flat[layer]
            held_keys.index_copy_(0, places, k)
            held_values.index_copy_(0, places, v)
        if len(layout.groups) == 1 and layout.groups[0].count == layout.total:
            return self._group(layout, 0, layer, queries, how)
        out = queries.new_zeros(layout.total, queries.shape[1], values.shape[2])
        for number, group in enumerate(layout.groups):
            out[group.first : group.first + group.count] = self._group(layout, number, layer, queries, how)
        for number, chunk in enumerate(layout.chunks):
            out[chunk.first : chunk.first + chunk.count] = self._chunk(layout, number, layer, queries, how)
        return out

    def _group(
        self, layout: Layout, number: int, layer: int, queries: torch.Tensor, how: How
    ) -> torch.Tensor:
        group = layout.groups[number]
        mask_key = (number, how.window)
        if mask_key not in layout.masks:
            layout.masks[mask_key] = _group_mask(group, how.window, queries)
        keys, values = _rows(group, group.shelf.keys[layer]), _rows(group, group.shelf.values[layer])
        mine = queries[group.first : group.first + group.count]
        if group.slots is not None:
            spread = mine.new_zeros(group.high - group.low, *mine.shape[1:])
            mine = spread.index_copy_(0, group.slots, mine)
        # Heads that share keys stand as several queries of one head: nothing is repeated.
        shared = mine.view(mine.shape[0], keys.shape[1], -1, mine.shape[2])
        out = _attend_shared(shared, keys, values, layout.masks[mask_key], how)
        out = out.flatten(1, 2)
        return out if group.slots is None else out.index_select(0, group.slots)

    def _chunk(
        self, layout: Layout, number: int, layer: int, queries: torch.Tensor, how: How
    ) -> torch.Tensor:
        chunk = layout.chunks[number]
        end = chunk.start + chunk.count
        low = 0 if how.window is None else max(0, chunk.start - how.window + 1)
        mask_key = (-1 - number, how.window)
        if mask_key not in layout.masks:
            layout.masks[mask_key] = _causal(chunk.count, chunk.start - low, end - low, how.window, queries)
        keys = chunk.shelf.keys[layer][chunk.slot, low:end].transpose(0, 1)[None]
        values = chunk.shelf.values[layer][chunk.slot, low:end].transpose(0, 1)[None]
        mine = queries[chunk.first : chunk.first + chunk.count].transpose(0, 1)[None]
        return _attend(mine, keys, values, layout.masks[mask_key], how)[0].transpose(0, 1)


def _rows(group: Group, held: torch.Tensor) -> torch.Tensor:
    """[slots, heads, places, width] of a group: one view instead of three."""
    _, _, heads, width = held.shape
    row, place, head, number = held.stride()
    size = (group.high - group.low, heads, group.longest, width)
    return held.as_strided(size, (row, head, place, number), held.storage_offset() + group.low * row)


def _group_mask(group: Group, window: int | None, like: torch.Tensor) -> torch.Tensor | None:
    """[slots, 1, 1, longest] to be added, or None where every slot sees everything."""
    if group.high - group.low == 1 and (window is None or window >= group.longest):
        return None
    place = torch.arange(group.longest, device=like.device)
    lengths = group.lengths[:, None]
    seen = place < lengths
    if window is not None:
        seen &= place >= lengths - window
    mask = torch.zeros(seen.shape, dtype=like.dtype, device=like.device).masked_fill_(~seen, -math.inf)
    return mask[:, None, None]


def _causal(count: int, before: int, end: int, window: int | None, like: torch.Tensor) -> torch.Tensor | None:
    """[count, end] to be added; the first query stands at `before`. None: one query that sees all."""
    if count == 1 and (window is None or window >= end):
        return None
    query = torch.arange(before, before + count, device=like.device)[:, None]
    place = torch.arange(end, device=like.device)
    seen = place <= query
    if window is not None:
        seen &= place > query - window
    return torch.zeros(seen.shape, dtype=like.dtype, device=like.device).masked_fill_(~seen, -math.inf)


def _attend(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None, how: How
) -> torch.Tensor:
    """[1, heads, tokens, width] against [1, shared heads, places, width]."""
    if how.softcap is None and how.sinks is None:
        return F.scaled_dot_product_attention(
            query, keys, values, mask, scale=how.scaling, enable_gqa=query.shape[1] != keys.shape[1]
        )
    groups = query.shape[1] // keys.shape[1]
    keys, values = keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1)
    return _softmax(query, keys, values, mask, how, how.sinks)


def _attend_shared(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None, how: How
) -> torch.Tensor:
    """[rows, shared heads, queries of that head, width]: one token a row."""
    if how.softcap is None and how.sinks is None:
        return F.scaled_dot_product_attention(query, keys, values, mask, scale=how.scaling)
    sinks = None if how.sinks is None else how.sinks.view(keys.shape[1], -1)
    return _softmax(query, keys, values, mask, how, sinks)


def _softmax(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    mask: torch.Tensor | None,
    how: How,
    sinks: torch.Tensor | None,
) -> torch.Tensor:
    """Written out, for what the fused kernel lacks: capped scores (Gemma 2) and sinks (GPT-OSS), which
    take a share of the attention and give nothing. `sinks`: [heads], or [heads, queries]."""
    scaling = how.scaling if how.scaling is not None else query.shape[-1] ** -0.5
    scores = torch.matmul(query, keys.transpose(-1, -2)) * scaling
    if how.softcap is not None:
        scores = how.softcap * torch.tanh(scores / how.softcap)
    if mask is not None:
        scores = scores + mask
    if sinks is None:
        weights = scores.softmax(-1, dtype=torch.float32)
    else:
        sink = (sinks[:, None] if sinks.dim() == 1 else sinks)[None, :, :, None]
        both = torch.cat([scores, sink.expand(*scores.shape[:-1], 1).to(scores.dtype)], -1)
        weights = both.softmax(-1, dtype=torch.float32)[..., :-1]
    return torch.matmul(weights.to(values.dtype), values)
