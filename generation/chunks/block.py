"""One block of steps as bytes: its header, its columns, and how to read them."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from generation.chunks.records import WITHDRAWN, Token
from generation.protocol import Origin, StepJson

VERSION = 1

# version, flags, steps, first index, alternatives, guards, bytes of guard names, bytes of text
HEAD = struct.Struct("<BBHIHBHI")
WIDE = 1  # alternatives' ids take three bytes instead of two
BLANK = 2  # all its steps were withdrawn
ORIGINS = tuple(Origin)
ORIGIN_CODES = {origin: code for code, origin in enumerate(ORIGINS)}
NO_SCORE = 0xFFFF  # no guard of this name looked
BROKEN = 0xFFFE  # it looked and gave no number, or none that anybody could judge by
SCORES = 0xFFFD
Visible = Callable[[int], str]


class ChunkUnreadable(ValueError):
    """These bytes are no steps that this version can read."""


FIXED = np.dtype(
    [
        ("token", "<u4"),
        ("rank", "<u4"),
        ("logprob", "<f4"),
        ("p", "<f4"),
        ("entropy", "<f4"),
        ("t", "<u4"),
        ("length", "<u2"),
        ("origin", "u1"),
    ]
)
ROW = struct.Struct("<IIfffIHB")  # one line of it


@dataclass(frozen=True, slots=True)
class Block:
    first: int
    n: int
    k: int
    wide: bool
    names: list[str]
    texts: list[str]
    fixed: npt.NDArray[np.void]
    rest: memoryview  # scores, best, spread, ids, levels, roots
    blank: bool = False

    def fits(self, other: Block) -> bool:
        """Whether the other one may follow in the same block."""
        mine, its = ((one.k, one.wide, one.names, one.blank) for one in (self, other))
        return mine == its and other.first == self.first + self.n

    def columns(self) -> Iterator[bytes]:
        """The parts behind `fixed`, each of them joinable with the same of another block."""
        at = 0
        for width in (2 * len(self.names), 4, 4, self.k * (3 if self.wide else 2), 2 * self.k, 2 * self.k):
            yield bytes(self.rest[at : at + self.n * width])
            at += self.n * width

    def written(self, first: int, texts: list[str], columns: Sequence[bytes]) -> bytes:
        """A block of this one's kind with other steps; `fixed` is the first of the columns."""
        names, text = "\n".join(self.names).encode(), "".join(texts).encode()
        flags = self.wide * WIDE | self.blank * BLANK
        head = HEAD.pack(VERSION, flags, len(texts), first, self.k, len(self.names), len(names), len(text))
        return b"".join((head, names, text, *columns))

    def part(self, start: int, stop: int) -> bytes:
        """The steps at the places `start … stop-1` of the block, unchanged."""
        rows = stop - start
        columns = [
            column[len(column) // self.n * start :][: len(column) // self.n * rows]
            for column in self.columns()
        ]
        return self.written(
            self.first + start, self.texts[start:stop], [self.fixed[start:stop].tobytes(), *columns]
        )

    def withdrawn(self, start: int, stop: int) -> bytes:
        """The same steps without what they said: origin, time and scores are left."""
        n = stop - start
        fixed = np.zeros(n, FIXED)
        for name in ("origin", "t"):
            fixed[name] = self.fixed[name][start:stop]
        width = 2 * len(self.names)
        scores = bytes(self.rest[start * width : stop * width])
        bare = replace(self, k=0, wide=False, blank=True)
        empty = np.zeros(n, "<f4").tobytes()
        return bare.written(self.first + start, [""] * n, [fixed.tobytes(), scores, empty, empty])

    def tokens(self) -> Iterator[Token]:
        columns = (self.fixed[name].tolist() for name in ("token", "origin", "t"))
        scores = self._scores(math.nan) if self.names else [{}] * self.n
        for row, (token, origin, t) in enumerate(zip(*columns, strict=True)):
            known = WITHDRAWN if self.blank else token
            yield Token(self.first + row, known, self.texts[row], ORIGINS[origin], t, scores[row])

    def rows(self, visible: Visible, start: int, stop: int) -> Iterator[StepJson]:
        """Those at the places `start … stop-1` of the block."""
        fixed = self.fixed[start:stop]
        numbers = np.stack([fixed["logprob"], fixed["p"], fixed["entropy"]], 1).astype(np.float64)
        exact = np.round(numbers, 6).tolist()
        whole = zip(*(fixed[name].tolist() for name in ("token", "rank", "origin", "t")), strict=True)
        scores, tops = self._scores(), self._tops(visible, start, stop)
        for row, (token, rank, origin, t) in enumerate(whole):
            logprob, p, entropy = exact[row]
            step: StepJson = {
                "i": self.first + start + row,
                "id": WITHDRAWN if self.blank else token,
                "text": self.texts[start + row],
                "origin": ORIGINS[origin].value,
                "logprob": logprob,
                "p": p,
                "rank": rank,
                "entropy": entropy,
                "top": tops[row],
                "t": t,
            }
            if self.names and (guard := scores[start + row]):
                step["guard"] = guard
            yield step

    def _scores(self, broken: float | None = None) -> list[dict[str, float]]:
        """`broken` stands for one that was no number; None leaves it out, as JSON does."""
        g = len(self.names)
        codes = np.frombuffer(self.rest, "<u2", self.n * g).reshape(self.n, g)
        found = []
        for row in codes.tolist():
            scores = {}
            for name, code in zip(self.names, row, strict=True):
                if code <= SCORES:
                    scores[name] = round(code / SCORES, 5)
                elif code == BROKEN and broken is not None:
                    scores[name] = broken
            found.append(scores)
        return found

    def _tops(self, visible: Visible, start: int, stop: int) -> list[list[tuple[int, str, float, float]]]:
        n, k = self.n, self.k
        at = 2 * n * len(self.names)
        best = np.frombuffer(self.rest, "<f4", n, at)[start:stop].astype(np.float64)
        spread = np.frombuffer(self.rest, "<f4", n, at + 4 * n)[start:stop].astype(np.float64)
        at += 8 * n
        width = 3 if self.wide else 2
        if self.wide:
            ids = np.zeros((n * k, 4), np.uint8)
            ids[:, :3] = np.frombuffer(self.rest, np.uint8, n * k * 3, at).reshape(-1, 3)
            ids = ids.view("<u4")
        else:
            ids = np.frombuffer(self.rest, "<u2", n * k, at)
        at += n * k * width
        levels = np.frombuffer(self.rest, "<u2", n * k, at).reshape(n, k)[start:stop]
        roots = np.frombuffer(self.rest, "<u2", n * k, at + 2 * n * k).reshape(n, k)[start:stop]
        logprobs = np.round(best[:, None] - levels * (spread / 0xFFFF)[:, None], 4).tolist()
        shares = np.round((roots / 0xFFFF) ** 2, 10).tolist()
        return [
            list(zip(row, map(visible, row), logprobs[i], shares[i], strict=True))
            for i, row in enumerate(ids.reshape(n, k)[start:stop].tolist())
        ]


def blocks(blob: bytes) -> Iterator[Block]:
    view, at = memoryview(blob), 0
    while at < len(view):
        try:
            block, at = _block(view, at)
        except ChunkUnreadable:
            raise
        except (struct.error, ValueError, IndexError) as problem:
            raise ChunkUnreadable("These steps are damaged.") from problem
        yield block


def _block(view: memoryview, at: int) -> tuple[Block, int]:
    version, flags, n, first, k, g, name_bytes, text_bytes = HEAD.unpack_from(view, at)
    if version != VERSION:
        raise ChunkUnreadable(f"These steps have the version {version}; this program reads {VERSION}.")
    at += HEAD.size
    names = bytes(view[at : at + name_bytes]).decode().split("\n") if g else []
    at += name_bytes
    text = bytes(view[at : at + text_bytes])
    at += text_bytes
    fixed = np.frombuffer(view, FIXED, n, at)
    at += n * FIXED.itemsize
    ends = np.cumsum(fixed["length"]).tolist()
    texts = [text[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]
    wide = bool(flags & WIDE)
    end = at + n * (2 * g + 8 + k * (7 if wide else 6))
    if end > len(view):
        raise ValueError("cut short")
    return Block(first, n, k, wide, names, texts, fixed, view[at:end], bool(flags & BLANK)), end
