"""Prefixes of ended runs, kept warm: a branch starts from one instead of reading its context again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.engine.forward import Forward, Row

Keys = npt.NDArray[np.int64]


def as_keys(tokens: list[int], pushes: Mapping[int, int]) -> Keys:
    """Equal where the keys and values behind them are. `pushes`: by position, the number of what was added
    there."""
    keys = np.array(tokens, np.int64)
    for position, number in pushes.items():
        if position < len(keys):
            keys[position] += number << 32
    return keys


def common(a: Keys, b: Keys) -> int:
    """Length of the longest common prefix."""
    length = min(len(a), len(b))
    different = np.flatnonzero(a[:length] != b[:length])
    return int(different[0]) if len(different) else length


@dataclass(slots=True, eq=False)
class Prefix:
    owner: str
    keys: Keys
    row: Row
    size: int  # bytes


class Retained:
    """Least recently used goes first when the bytes run out.

    Only an owner's own prefixes are ever found: how fast a run starts tells nobody what others asked. What
    was computed while a run was steered is found by those alone that were steered in the same way.
    """

    def __init__(self, forward: Forward, limit: int) -> None:
        self._forward = forward
        self._limit = limit
        self._prefixes: OrderedDict[int, Prefix] = OrderedDict()
        self._next = 0
        self.size = 0

    def keep(self, owner: str, keys: Keys, row: Row) -> None:
        """Takes the row over; it is closed at once if it is too large to keep."""
        if not len(keys) or len(keys) * self._forward.token_bytes > self._limit:
            self._forward.close(row)
            return
        for key, other in list(self._prefixes.items()):
            if other.owner == owner and common(keys, other.keys) == len(other.keys):
                self._drop(key)  # it is a part of the new one
        size = self._forward.park(row, len(keys))
        self._prefixes[self._next] = Prefix(owner, keys, row, size)
        self._next += 1
        self.size += size
        while self.size > self._limit:
            self._drop(next(iter(self._prefixes)))

    def longest(self, owner: str, keys: Keys) -> tuple[Row | None, int]:
        """The row with the longest common prefix, and its length; it counts as used."""
        best, length = None, 0
        for key, prefix in self._prefixes.items():
            if prefix.owner == owner and (match := common(prefix.keys, keys)) > length:
                best, length = key, match
        if best is None:
            return None, 0
        self._prefixes.move_to_end(best)
        return self._prefixes[best].row, length

    def drop_all(self) -> bool:
        """Frees everything; whether there was anything."""
        had = bool(self._prefixes)
        for key in list(self._prefixes):
            self._drop(key)
        return had

    def _drop(self, key: int) -> None:
        prefix = self._prefixes.pop(key)
        self._forward.close(prefix.row)
        self.size -= prefix.size
