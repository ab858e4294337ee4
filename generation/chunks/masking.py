"""Takes from stored steps what they said."""

from __future__ import annotations

from generation.chunks.block import blocks


def masked(blob: bytes, first: int, last: int) -> bytes:
    """The same steps, of which `first … last` keep their place, origin, time and scores alone."""
    found = []
    for block in blocks(blob):
        start, stop = (min(max(i - block.first, 0), block.n) for i in (first, last + 1))
        if start >= stop:
            found.append(block.part(0, block.n))
            continue
        if start:
            found.append(block.part(0, start))
        found.append(block.withdrawn(start, stop))
        if stop < block.n:
            found.append(block.part(stop, block.n))
    return b"".join(found)
