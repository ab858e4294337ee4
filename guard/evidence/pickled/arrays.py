"""Arrays out of a pickle's inert parts. Nothing here trusts a number that the file holds."""

from __future__ import annotations

import math
import re
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

MOST_BYTES = 1 << 29  # of one array
_DTYPES = re.compile(r"[fiu][1248]|[bi?]1?|[US]\d{1,4}|O8?")
_ORDERS = {"<", ">", "|", "="}


class Unreadable(ValueError):
    """The message is one sentence for a person."""


DAMAGED = "An array in this file is damaged."


def typed(args: tuple[Any, ...]) -> np.dtype[Any]:
    """From what `numpy.dtype` would have been called with: plain types alone, no records."""
    code = args[0] if args else None
    if not isinstance(code, str) or not _DTYPES.fullmatch(code):
        raise Unreadable("This file holds an array of a type that no guard needs.")
    return np.dtype(code)


def typed_order(dtype: Any, state: tuple[Any, ...]) -> np.dtype[Any]:
    """With the byte order that the state asks for. A state with fields or metadata is refused."""
    order = state[1]
    if (
        not isinstance(dtype, np.dtype)
        or order not in _ORDERS
        or any(part is not None for part in state[2:5])
    ):
        raise Unreadable("This file holds an array of a type that no guard needs.")
    return dtype.newbyteorder(order)


def encoded(text: Any, how: Any) -> bytes:
    """Bytes as old pickles write them."""
    if not isinstance(text, str) or how not in ("latin1", "latin-1"):
        raise Unreadable(DAMAGED)
    return text.encode("latin-1")


def filled(_version: Any, shape: Any, dtype: Any, fortran: Any, data: Any) -> npt.NDArray[Any]:
    if isinstance(dtype, np.dtype) and dtype.hasobject:
        return _objects(shape, data)
    return buffered(data, dtype, shape, "F" if fortran is True else "C")


def buffered(data: Any, dtype: Any, shape: Any, order: Any) -> npt.NDArray[Any]:
    size = _size(dtype, shape)
    if not isinstance(data, bytes | bytearray) or len(data) != size or order not in ("C", "F"):
        raise Unreadable(DAMAGED)
    return np.frombuffer(bytes(data), dtype).reshape(shape, order=order)


def mapped(file: BinaryIO, dtype: Any, shape: Any, order: Any) -> npt.NDArray[Any]:
    """The array whose bytes stand next in the file."""
    return buffered(file.read(_size(dtype, shape)), dtype, shape, order)


def scalar(dtype: Any, data: Any = None) -> Any:
    if isinstance(dtype, np.dtype) and dtype.hasobject:
        raise Unreadable("This file holds an array of a type that no guard needs.")
    return buffered(data, dtype, (), "C").item()


def _objects(shape: Any, data: Any) -> npt.NDArray[Any]:
    """The names of classes come so: texts and numbers in one line."""
    if type(data) is not list or shape != (len(data),):
        raise Unreadable(DAMAGED)
    if not all(type(item) in (str, int, float, bool) for item in data):
        raise Unreadable("This file holds an array of a type that no guard needs.")
    array = np.empty(len(data), object)
    array[:] = data
    return array


def _size(dtype: Any, shape: Any) -> int:
    if not isinstance(dtype, np.dtype) or dtype.hasobject or type(shape) is not tuple or len(shape) > 4:
        raise Unreadable(DAMAGED)
    if not all(type(length) is int and 0 <= length <= MOST_BYTES for length in shape):
        raise Unreadable(DAMAGED)
    size = math.prod(shape) * dtype.itemsize
    if size > MOST_BYTES:
        raise Unreadable("An array in this file is larger than a guard can be.")
    return size
