"""Where keys and values stand: shelves of rows with one capacity, so that a batch of rows is one tensor.

A run starts on a shelf for short rows and moves up as it grows. Rows on one shelf differ in length by at
most a factor of two (but for the first), so attending to them together wastes little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch

from generation.engine.forward import OutOfMemory, Row

FIRST_CAPACITY = 256
_FIRST_SLOTS = 4  # on a GPU; elsewhere all of them, since untouched memory costs nothing there
_ALL_SLOTS = 32


@dataclass(frozen=True, slots=True)
class LayerShape:
    heads: int
    key_width: int
    value_width: int


@dataclass(slots=True, eq=False)
class Shelf:
    """`keys[layer]` is [slots, capacity, heads, width]: what one token writes lies in one piece."""

    capacity: int
    keys: list[torch.Tensor]
    values: list[torch.Tensor]
    free: list[int]

    touched: int = 0  # slots that have ever been used: on a CPU only these take memory
    flat: list[tuple[torch.Tensor, torch.Tensor]] = field(init=False)  # place by place, to be written to

    def __post_init__(self) -> None:
        self.replace(self.keys, self.values)

    def replace(self, keys: list[torch.Tensor], values: list[torch.Tensor]) -> None:
        self.keys, self.values = keys, values
        self.flat = [(k.flatten(0, 1), v.flatten(0, 1)) for k, v in zip(keys, values, strict=True)]

    @property
    def slots(self) -> int:
        return self.keys[0].shape[0]

    @property
    def empty(self) -> bool:
        return len(self.free) == self.slots


@dataclass(slots=True, eq=False)
class StoredRow(Row):
    shelf: Shelf | None = None
    slot: int = -1
    length: int = 0  # tokens that are written
    parked: list[tuple[torch.Tensor, torch.Tensor]] = field(default_factory=list)  # instead of a slot


class Shelves:
    """`limit`: bytes that all rows may take, kept or not; None: as many as there are."""

    def __init__(
        self,
        shapes: list[LayerShape],
        dtype: torch.dtype,
        device: torch.device,
        limit: int | None = None,
    ) -> None:
        self.shapes, self._dtype, self._device, self.limit = shapes, dtype, device, limit
        self._shelves: dict[int, Shelf] = {}
        width = sum(s.heads * (s.key_width + s.value_width) for s in shapes)
        self.token_bytes = width * torch.empty(0, dtype=dtype).element_size()

    def reserve(self, row: StoredRow, length: int) -> None:
        """Makes room for `length` tokens; what is written moves along."""
        if row.shelf is not None and length <= row.shelf.capacity:
            return
        capacity = FIRST_CAPACITY
        while capacity < length:
            capacity *= 2
        shelf, slot = self._place(capacity)
        for layer, (keys, values) in enumerate(self._content(row, row.length)):
            shelf.keys[layer][slot, : row.length] = keys
            shelf.values[layer][slot, : row.length] = values
        self.release(row, wipe=True)
        row.shelf, row.slot = shelf, slot

    def fork(self, row: StoredRow, length: int) -> StoredRow:
        new = StoredRow()
        self.reserve(new, length + 1)
        assert new.shelf is not None
        for layer, (keys, values) in enumerate(self._content(row, length)):
            new.shelf.keys[layer][new.slot, :length] = keys
            new.shelf.values[layer][new.slot, :length] = values
        new.length = length
        return new

    def park(self, row: StoredRow, length: int) -> int:
        parked = [(keys.clone(), values.clone()) for keys, values in self._content(row, length)]
        self.release(row)
        row.parked, row.length = parked, length
        return length * self.token_bytes

    def release(self, row: StoredRow, *, wipe: bool = False) -> None:
        """`wipe`: what it holds may be no numbers, and would spoil the next one that stands there."""
        if row.shelf is not None:
            if wipe:
                for tensor in row.shelf.keys + row.shelf.values:
                    tensor[row.slot].zero_()
            row.shelf.free.append(row.slot)
            row.shelf.free.sort(reverse=True)  # the lowest is taken next: what is in use stays together
            row.shelf = None
        row.parked = []

    def _content(self, row: StoredRow, length: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        if row.shelf is not None:
            pairs = zip(row.shelf.keys, row.shelf.values, strict=True)
            return [(keys[row.slot, :length], values[row.slot, :length]) for keys, values in pairs]
        return [(keys[:length], values[:length]) for keys, values in row.parked]

    def _place(self, capacity: int) -> tuple[Shelf, int]:
        shelf = self._shelves.get(capacity)
        if shelf is None:
            slots = _ALL_SLOTS if self._device.type == "cpu" else _FIRST_SLOTS
            shelf = Shelf(capacity, *self._tensors(slots, capacity), list(range(slots))[::-1])
            self._shelves[capacity] = shelf
        if not shelf.free:
            self._widen(shelf)
        before = shelf.touched
        shelf.touched = max(before, shelf.free[-1] + 1)
        if self.limit is not None and self.size > self.limit:
            for other in [one for one in self._shelves.values() if one.empty and one is not shelf]:
                del self._shelves[other.capacity]
            if self.size > self.limit:
                shelf.touched = before
                raise OutOfMemory("the rows have outgrown their limit")
        return shelf, shelf.free.pop()

    @property
    def size(self) -> int:
        """Bytes that the shelves take."""
        on_cpu = self._device.type == "cpu"
        tokens = sum((s.touched if on_cpu else s.slots) * s.capacity for s in self._shelves.values())
        return tokens * self.token_bytes

    def _widen(self, shelf: Shelf) -> None:
        old = shelf.slots
        keys, values = self._tensors(2 * old, shelf.capacity)
        for new, held in zip(keys + values, shelf.keys + shelf.values, strict=True):
            new[:old] = held
        shelf.replace(keys, values)
        shelf.free = list(range(old, 2 * old))[::-1]

    def _tensors(self, slots: int, capacity: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        def empty(heads: int, width: int) -> torch.Tensor:
            return _zeros((slots, capacity, heads, width), self._dtype, self._device)

        keys: list[torch.Tensor] = []
        values: list[torch.Tensor] = []
        for s in self.shapes:
            if self._device.type == "cpu" and s.key_width == s.value_width:
                # A token's keys and values lie side by side: read from memory in a tenth less time.
                both = empty(2 * s.heads, s.key_width)
                keys.append(both[:, :, : s.heads])
                values.append(both[:, :, s.heads :])
            else:
                keys.append(empty(s.heads, s.key_width))
                values.append(empty(s.heads, s.value_width))
        return keys, values


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Zeros, since what is masked is still multiplied, and stale memory may hold NaN. numpy asks the
    system for pages that are zero already and become real when they are first written; torch would
    write them all at once."""
    if device.type != "cpu":
        return torch.zeros(shape, dtype=dtype, device=device)
    size = math.prod(shape) * torch.empty(0, dtype=dtype).element_size()
    return torch.from_numpy(np.zeros(size, np.uint8)).view(dtype).view(shape)
