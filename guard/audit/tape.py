"""What a policy saw of a run, token by token: each guard's score, and what became of the token.

A score is kept in two bytes, and read back as exactly `code / 65533`. A policy that decides on
`quantised(score)` decides the same on what was kept, bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

_NONE = 0xFFFF  # this guard didn't look
_BROKEN = 0xFFFE  # it looked and gave no number
_SCALE = 0xFFFD
_LONGEST = 0xFFFF  # characters of a token


class Fate(IntEnum):
    RELEASED = 0
    HELD = 1  # not yet decided when this was written
    DROPPED = 2  # never sent, and has no index
    RETRACTED = 3  # was sent, and taken back


@dataclass(frozen=True, slots=True)
class Seen:
    """One token in the order in which it was made. `scores` is empty where no guard looked (injected ones).

    A score that is no number is NaN.
    """

    text: str
    fate: Fate
    scores: Mapping[str, float] = field(default_factory=dict)
    origin: str = "sampled"


class TapeUnreadable(ValueError):
    pass


def quantised(score: float) -> float:
    """The nearest score that a tape can hold; NaN and infinity are NaN."""
    return _value(_code(score))


def encode(tokens: Sequence[Seen]) -> bytes:
    names = sorted({name for token in tokens for name in token.scores})
    origins = sorted({token.origin for token in tokens})
    head = {"v": 1, "n": len(tokens), "guards": names, "origins": origins}
    codes = [[_code(token.scores.get(name)) for name in names] for token in tokens]
    return b"".join(
        (
            json.dumps(head, separators=(",", ":")).encode() + b"\n",
            np.array([token.fate for token in tokens], np.uint8).tobytes(),
            np.array([origins.index(token.origin) for token in tokens], np.uint8).tobytes(),
            np.array([min(len(token.text), _LONGEST) for token in tokens], "<u2").tobytes(),
            np.array(codes, "<u2").tobytes(),
        )
    )


def decode(tape: bytes | memoryview, text: str = "") -> list[Seen]:
    """The tokens; their texts are empty where `text` (all of them joined) was erased."""
    blob = bytes(tape)
    if not blob:
        return []
    try:
        line, _, rest = blob.partition(b"\n")
        head = json.loads(line)
        if head["v"] != 1:
            raise TapeUnreadable(f"This tape has the version {head['v']}; this program reads 1.")
        n, names, origins = head["n"], head["guards"], head["origins"]
        fates = np.frombuffer(rest, np.uint8, n).tolist()
        kinds = np.frombuffer(rest, np.uint8, n, n).tolist()
        ends = np.cumsum(np.frombuffer(rest, "<u2", n, 2 * n).astype(np.int64)).tolist()
        codes = np.frombuffer(rest, "<u2", n * len(names), 4 * n).reshape(n, len(names)).tolist()
        return [
            Seen(
                text[start:end],
                Fate(fate),
                {name: _value(code) for name, code in zip(names, row, strict=True) if code != _NONE},
                origins[kind],
            )
            for start, end, fate, kind, row in zip([0, *ends], ends, fates, kinds, codes, strict=False)
        ]
    except TapeUnreadable:
        raise
    except (ValueError, KeyError, TypeError, IndexError) as problem:
        raise TapeUnreadable("This tape is damaged.") from problem


def _code(score: float | None) -> int:
    if score is None:
        return _NONE
    if not np.isfinite(score):
        return _BROKEN
    return round(min(max(float(score), 0.0), 1.0) * _SCALE)


def _value(code: int) -> float:
    return float("nan") if code >= _BROKEN else code / _SCALE
