"""From steps to bytes and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from generation.chunks.block import (
    BROKEN,
    HEAD,
    NO_SCORE,
    ORIGIN_CODES,
    ROW,
    SCORES,
    VERSION,
    WIDE,
    Block,
    Visible,
    blocks,
)
from generation.chunks.records import StepRecord, Token
from generation.protocol import StepJson

_DEPTH = 100.0  # an alternative further below the best counts as this far: minus infinity is no JSON
_LEAST = -1e4


def encode(first: int, steps: Sequence[StepRecord]) -> bytes:
    """One block. All steps of a block must carry the same number of alternatives."""
    n, k = len(steps), len(steps[0].top_ids)
    if any(len(step.top_ids) != k for step in steps):
        raise ValueError("The steps of a block carry different numbers of alternatives.")
    names = sorted({name for step in steps for name in step.guard})
    texts = [step.text.encode() for step in steps]
    joined_names = "\n".join(names).encode()
    fixed = [
        ROW.pack(
            step.token,
            step.rank,
            _finite(step.logprob),
            step.p,
            _finite(step.entropy),
            step.t,
            len(text),
            ORIGIN_CODES[step.origin],
        )
        for step, text in zip(steps, texts, strict=True)
    ]
    # Joined flat: putting rows on top of each other takes numpy several times as long.
    ids = np.concatenate([step.top_ids for step in steps])
    wide = bool(k) and int(ids.max()) > 0xFFFF
    logprobs, best, spread = _range(np.concatenate([step.top_logprobs for step in steps]).reshape(n, k))
    levels = np.rint((best[:, None] - logprobs) * (0xFFFF / spread)[:, None]).astype("<u2")
    p = np.concatenate([step.top_p for step in steps])
    roots = np.maximum(np.rint(np.sqrt(p) * 0xFFFF), p > 0).astype("<u2")
    scores = [_score(step.guard.get(name)) for step in steps for name in names]
    text = b"".join(texts)
    return b"".join(
        (
            HEAD.pack(VERSION, wide * WIDE, n, first, k, len(names), len(joined_names), len(text)),
            joined_names,
            text,
            *fixed,
            np.array(scores, "<u2").tobytes(),
            best.tobytes(),
            spread.tobytes(),
            _three_bytes(ids) if wide else ids.astype("<u2").tobytes(),
            levels.tobytes(),
            roots.tobytes(),
        )
    )


def decode(blob: bytes, visible: Visible, after: int = -1, end: int | None = None) -> list[StepJson]:
    """The steps above `after` and below `end`, ready for JSON; alternatives' texts by `visible`.

    What is left out costs nothing: as JSON a step takes some thirty times its bytes here.
    """
    rows: list[StepJson] = []
    for block in blocks(blob):
        start = max(0, after + 1 - block.first)
        stop = block.n if end is None else min(block.n, end - block.first)
        if start < stop:
            rows += block.rows(visible, start, stop)
    return rows


def tokens(blob: bytes) -> list[Token]:
    """The steps without their numbers and alternatives: quick."""
    return [token for block in blocks(blob) for token in block.tokens()]


def merged(blob: bytes, most: int) -> Iterator[tuple[int, int, bytes]]:
    """The same steps in as few blocks as may be: (first, count, bytes) of pieces of up to `most` steps."""
    group: list[Block] = []
    for block in blocks(blob):
        if group and (not group[-1].fits(block) or sum(one.n for one in group) + block.n > most):
            yield _merge(group)
            group = []
        group.append(block)
    if group:
        yield _merge(group)


def _merge(parts: Sequence[Block]) -> tuple[int, int, bytes]:
    one = parts[0]
    texts = [text for part in parts for text in part.texts]
    columns = zip(*(part.columns() for part in parts), strict=True)
    joined = [b"".join(part.fixed.tobytes() for part in parts), *map(b"".join, columns)]
    return one.first, len(texts), one.written(one.first, texts, joined)


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


def _three_bytes(ids: npt.NDArray[np.int32]) -> bytes:
    return ids.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _score(score: float | None) -> int:
    if score is None:
        return NO_SCORE
    return round(score * SCORES) if 0.0 <= score <= 1.0 else BROKEN


def _finite(value: float) -> float:
    return max(value, _LEAST) if value == value else _LEAST
