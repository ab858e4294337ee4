"""Steps as bytes: what goes on the bus and into the database, the same bytes in both.

`encode` makes a block of one run's new steps; blocks can simply be put one after the other, so a chunk in
the database is the join of the blocks of its 40 ms. A block is columns, little-endian, behind a header with
the version. Alternatives are kept as ids, log-probabilities (16 bits over the step's own range: off by less
than 4e-4 for a range of 50) and probabilities (16 bits of the square root: off by less than 2e-5, and never 0
for a token that wasn't cut); their visible texts come from the vocabulary at reading. The step's own numbers
are kept as float32, guard scores in 16 bits. A score that is
no number is kept apart from one that is missing.

Measured on one core, a guard's score included, in a vocabulary of up to 65,536 tokens (beyond it, one byte
more for each alternative):

| k | bytes a step alone | in blocks of 25 | encoding alone, in blocks | to JSON alone, in blocks |
|---|---|---|---|---|
| 10 | 120 | 103 | 20 µs, 2.4 µs | 26 µs, 4 µs |
| 30 | 240 | 223 | 20 µs, 2.6 µs | 30 µs, 7 µs |
| 50 | 360 | 343 | 20 µs, 2.7 µs | 31 µs, 10 µs |
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from generation.protocol import Origin, StepJson

VERSION = 1

# version, flags, steps, first index, alternatives, guards, bytes of guard names, bytes of text
_HEAD = struct.Struct("<BBHIHBHI")
_WIDE = 1  # alternatives' ids take three bytes instead of two
_ORIGINS = tuple(Origin)
_ORIGIN_CODES = {origin: code for code, origin in enumerate(_ORIGINS)}
_NO_SCORE = 0xFFFF  # no guard of this name looked
_BROKEN = 0xFFFE  # it looked and gave no number
_SCORES = 0xFFFD
_DEPTH = 100.0  # an alternative further below the best counts as this far: minus infinity is no JSON
_LEAST = -1e4

Bytes = npt.NDArray[np.uint8]
Visible = Callable[[int], str]


class ChunkUnreadable(ValueError):
    """These bytes are no steps that this version can read."""


@dataclass(slots=True)  # not frozen: that makes each one three times as slow to build
class StepRecord:
    """One step as the worker hands it over, never changed then; its index is its place in the block."""

    token: int
    text: str
    origin: Origin
    logprob: float
    p: float
    rank: int
    entropy: float
    t: int  # milliseconds since the run started
    top_ids: npt.NDArray[np.int32]
    top_logprobs: npt.NDArray[np.float32]
    top_p: npt.NDArray[np.float32]
    guard: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """What going on with a run needs of a step."""

    i: int
    id: int
    text: str
    origin: Origin
    t: int


def encode(first: int, steps: Sequence[StepRecord]) -> bytes:
    """One block. All steps of a block must carry the same number of alternatives."""
    n, k = len(steps), len(steps[0].top_ids)
    names = sorted({name for step in steps for name in step.guard})
    texts = [step.text.encode() for step in steps]
    joined_names = "\n".join(names).encode()
    fixed = np.empty(n, _FIXED)
    for row, step in enumerate(steps):
        fixed[row] = (
            step.token,
            step.rank,
            _finite(step.logprob),
            step.p,
            _finite(step.entropy),
            step.t,
            len(texts[row]),
            _ORIGIN_CODES[step.origin],
        )
    ids = np.stack([step.top_ids for step in steps]).astype("<u4")
    wide = bool(k) and int(ids.max()) > 0xFFFF
    logprobs, best, spread = _range(np.stack([step.top_logprobs for step in steps]))
    levels = np.rint((best[:, None] - logprobs) * (0xFFFF / spread)[:, None]).astype("<u2")
    p = np.stack([step.top_p for step in steps])
    roots = np.maximum(np.rint(np.sqrt(p) * 0xFFFF), p > 0).astype("<u2")
    scores = [_score(step.guard.get(name)) for step in steps for name in names]
    text = b"".join(texts)
    return b"".join(
        (
            _HEAD.pack(VERSION, wide * _WIDE, n, first, k, len(names), len(joined_names), len(text)),
            joined_names,
            text,
            fixed.tobytes(),
            np.array(scores, "<u2").tobytes(),
            best.tobytes(),
            spread.tobytes(),
            ids.view(np.uint8).reshape(n, k, 4)[:, :, :3].tobytes() if wide else ids.astype("<u2").tobytes(),
            levels.tobytes(),
            roots.tobytes(),
        )
    )


def decode(blob: bytes, visible: Visible, after: int = -1, end: int | None = None) -> list[StepJson]:
    """The steps above `after` and below `end`, ready for JSON; alternatives' texts by `visible`.

    What is left out costs nothing: as JSON a step takes some thirty times its bytes here.
    """
    rows: list[StepJson] = []
    for block in _blocks(blob):
        start = max(0, after + 1 - block.first)
        stop = block.n if end is None else min(block.n, end - block.first)
        if start < stop:
            rows += block.rows(visible, start, stop)
    return rows


def tokens(blob: bytes) -> list[Token]:
    """The steps without their numbers and alternatives: quick."""
    return [token for block in _blocks(blob) for token in block.tokens()]


def merged(blob: bytes, most: int) -> Iterator[tuple[int, int, bytes]]:
    """The same steps in as few blocks as may be: (first, count, bytes) of pieces of up to `most` steps."""
    group: list[_Block] = []
    for block in _blocks(blob):
        if group and (not group[-1].fits(block) or sum(one.n for one in group) + block.n > most):
            yield _merge(group)
            group = []
        group.append(block)
    if group:
        yield _merge(group)


_FIXED = np.dtype(
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


@dataclass(frozen=True, slots=True)
class _Block:
    first: int
    n: int
    k: int
    wide: bool
    names: list[str]
    texts: list[str]
    fixed: npt.NDArray[np.void]
    rest: memoryview  # scores, best, spread, ids, levels, roots

    def fits(self, other: _Block) -> bool:
        """Whether the other one may follow in the same block."""
        mine, its = (self.k, self.wide, self.names), (other.k, other.wide, other.names)
        return mine == its and other.first == self.first + self.n

    def columns(self) -> Iterator[bytes]:
        """The parts behind `fixed`, each of them joinable with the same of another block."""
        at = 0
        for width in (2 * len(self.names), 4, 4, self.k * (3 if self.wide else 2), 2 * self.k, 2 * self.k):
            yield bytes(self.rest[at : at + self.n * width])
            at += self.n * width

    def tokens(self) -> Iterator[Token]:
        columns = (self.fixed[name].tolist() for name in ("token", "origin", "t"))
        for row, (token, origin, t) in enumerate(zip(*columns, strict=True)):
            yield Token(self.first + row, token, self.texts[row], _ORIGINS[origin], t)

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
                "id": token,
                "text": self.texts[start + row],
                "origin": _ORIGINS[origin].value,
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

    def _scores(self) -> list[dict[str, float]]:
        g = len(self.names)
        codes = np.frombuffer(self.rest, "<u2", self.n * g).reshape(self.n, g)
        return [
            {
                name: round(code / _SCORES, 5)
                for name, code in zip(self.names, row, strict=True)
                if code <= _SCORES
            }
            for row in codes.tolist()
        ]

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


def _blocks(blob: bytes) -> Iterator[_Block]:
    view, at = memoryview(blob), 0
    while at < len(view):
        try:
            block, at = _block(view, at)
        except ChunkUnreadable:
            raise
        except (struct.error, ValueError, IndexError) as problem:
            raise ChunkUnreadable("These steps are damaged.") from problem
        yield block


def _block(view: memoryview, at: int) -> tuple[_Block, int]:
    version, flags, n, first, k, g, name_bytes, text_bytes = _HEAD.unpack_from(view, at)
    if version != VERSION:
        raise ChunkUnreadable(f"These steps have the version {version}; this program reads {VERSION}.")
    at += _HEAD.size
    names = bytes(view[at : at + name_bytes]).decode().split("\n") if g else []
    at += name_bytes
    text = bytes(view[at : at + text_bytes])
    at += text_bytes
    fixed = np.frombuffer(view, _FIXED, n, at)
    at += n * _FIXED.itemsize
    ends = np.cumsum(fixed["length"]).tolist()
    texts = [text[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]
    wide = bool(flags & _WIDE)
    end = at + n * (2 * g + 8 + k * (7 if wide else 6))
    if end > len(view):
        raise ValueError("cut short")
    return _Block(first, n, k, wide, names, texts, fixed, view[at:end]), end


def _merge(blocks: Sequence[_Block]) -> tuple[int, int, bytes]:
    one, n = blocks[0], sum(block.n for block in blocks)
    names = "\n".join(one.names).encode()
    text = "".join(text for block in blocks for text in block.texts).encode()
    head = _HEAD.pack(VERSION, one.wide * _WIDE, n, one.first, one.k, len(one.names), len(names), len(text))
    fixed = [block.fixed.tobytes() for block in blocks]
    columns = [b"".join(parts) for parts in zip(*(block.columns() for block in blocks), strict=True)]
    return one.first, n, b"".join((head, names, text, *fixed, *columns))


def _range(
    logprobs: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The log-probabilities, each step's highest, and how far its lowest lies below that."""
    if not logprobs.shape[1]:
        zeros = np.zeros(len(logprobs), "<f4")
        return logprobs, zeros, zeros + 1
    best = logprobs.max(1).astype("<f4")
    held = np.maximum(logprobs, best[:, None] - np.float32(_DEPTH))
    return held, best, np.maximum(best - held.min(1), 1e-6).astype("<f4")


def _score(score: float | None) -> int:
    if score is None:
        return _NO_SCORE
    return round(min(max(score, 0.0), 1.0) * _SCORES) if score == score else _BROKEN


def _finite(value: float) -> float:
    return max(value, _LEAST) if value == value else _LEAST
