"""Tells running out of memory from other errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from generation.engine.forward import OutOfMemory


def is_out_of_memory(error: BaseException) -> bool:
    """torch has a class of its own for GPUs; on a CPU it is a plain RuntimeError with these words."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


@contextmanager
def memory_errors() -> Iterator[None]:
    """Any way of running out of memory inside leaves as OutOfMemory."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, OutOfMemory) or not is_out_of_memory(error):
            raise
        raise OutOfMemory(str(error)) from error
