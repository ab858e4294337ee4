"""Less than all of stored steps: the first ones, or one number of each."""

from __future__ import annotations

from generation.chunks.block import blocks


def until(blob: bytes, end: int) -> bytes:
    """The steps below `end` alone, unchanged."""
    return b"".join(
        block.part(0, min(block.n, end - block.first)) for block in blocks(blob) if block.first < end
    )


def logprobs(blob: bytes) -> list[float]:
    """The model's own log-probability of each step that wasn't withdrawn."""
    return [value for block in blocks(blob) if not block.blank for value in block.fixed["logprob"].tolist()]
