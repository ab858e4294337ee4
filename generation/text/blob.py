"""A piece table as bytes, so that another process, or another year, can show a run without its tokenizer."""

from __future__ import annotations

import json
import zlib
from itertools import pairwise

import numpy as np

from generation.text.pieces import Pieces, Start

_MAGIC = b"SLPIECES1\n"  # the digit is the format's version
_MOST_BYTES = 256 * 1024 * 1024  # a table that unpacks to more is damaged or hostile


class BlobUnreadable(ValueError):
    """These bytes are no piece table that this version can read."""


def to_blob(pieces: Pieces) -> bytes:
    """Compact: a table of 150,000 tokens takes about 0.6 MB. The same table always gives the same bytes."""
    table = [pieces.bytes_of(token) for token in range(len(pieces))]
    first = sorted(pieces.first.items())
    head = json.dumps(
        {
            "size": len(table),
            "special": sorted(pieces.special.items()),
            "missing": sorted(pieces.missing),
            "first": [token for token, _ in first],
            "strip": pieces.start.strip,
            "hold": pieces.start.hold,
        },
        ensure_ascii=True,
        separators=(",", ":"),
    ).encode()
    chunks = table + [piece for _, piece in first]
    lengths = np.array([len(chunk) for chunk in chunks], "<u4").tobytes()
    return _MAGIC + zlib.compress(len(head).to_bytes(4, "little") + head + lengths + b"".join(chunks), 6)


def from_blob(blob: bytes) -> Pieces:
    """The table again. Raises BlobUnreadable for anything that `to_blob` of this version didn't write."""
    if not blob.startswith(_MAGIC):
        raise BlobUnreadable("This is no table of token texts, or one of another version.")
    try:
        unpacker = zlib.decompressobj()
        body = unpacker.decompress(blob[len(_MAGIC) :], _MOST_BYTES)
        if not unpacker.eof:
            raise ValueError("cut short, or too large")
        return _parse(body)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise BlobUnreadable("This table of token texts is damaged.") from error


def _parse(body: bytes) -> Pieces:
    start = 4 + int.from_bytes(body[:4], "little")
    head = json.loads(body[4:start])
    count = head["size"] + len(head["first"])
    ends = np.cumsum(np.frombuffer(body, "<u4", count, start), dtype=np.int64) + start + 4 * count
    if (int(ends[-1]) if count else start) != len(body):
        raise ValueError("the lengths don't fit the data")
    edges = [start + 4 * count, *ends.tolist()]
    chunks = [body[a:b] for a, b in pairwise(edges)]
    return Pieces(
        chunks[: head["size"]],
        special={int(token): str(name) for token, name in head["special"]},
        missing=frozenset(head["missing"]),
        first=dict(zip(head["first"], chunks[head["size"] :], strict=True)),
        start=Start(int(head["strip"]), bool(head["hold"])),
    )
