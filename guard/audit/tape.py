"""What a policy saw of a run, token by token: each guard's score, and what became of the token.

A score is kept in two bytes, and read back as exactly `code / 65533`. A policy that decides on
`quantised(score)` decides the same on what was kept, bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np

_NONE = 0xFFFF  # this guard didn't look
_BROKEN = 0xFFFE  # it looked and gave no number
_SCALE = 0xFFFD
_LONGEST = 0xFFFF  # characters of a token
_STOP = 0x80  # beside the fate: the model meant this token to end its answer
_VERSION = 2  # 1 knew neither those nor a beginning


class Fate(IntEnum):
    RELEASED = 0
    HELD = 1  # not yet decided when this was written
    DROPPED = 2  # never sent, and has no index
    RETRACTED = 3  # was sent, and taken back


@dataclass(frozen=True, slots=True)
class Seen:
    """One token in the order in which it was made. `scores` is empty where no guard looked (injected ones).

    A score that no policy could judge (no number, or outside of 0–1) is read back as NaN.
    """

    text: str
    fate: Fate
    scores: Mapping[str, float] = field(default_factory=dict)
    origin: str = "sampled"
    stop: bool = False


class TapeUnreadable(ValueError):
    pass


def quantised(score: float) -> float:
    """The nearest score that a tape can hold; what no policy could judge is NaN."""
    return _value(_code(score))


def encode(tokens: Sequence[Seen], beginning: Mapping[str, Any] | None = None) -> bytes:
    """`beginning`: what the policies knew before the first token, as plain values."""
    names = sorted({name for token in tokens for name in token.scores})
    origins = sorted({token.origin for token in tokens})
    head: dict[str, Any] = {"v": _VERSION, "n": len(tokens), "guards": names, "origins": origins}
    if beginning is not None:
        head["beginning"] = beginning
    codes = [[_code(token.scores.get(name)) for name in names] for token in tokens]
    return b"".join(
        (
            json.dumps(head, separators=(",", ":")).encode() + b"\n",
            np.array([token.fate | token.stop * _STOP for token in tokens], np.uint8).tobytes(),
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
        head, rest = _parts(blob)
        n, names, origins = head["n"], head["guards"], head["origins"]
        fates = np.frombuffer(rest, np.uint8, n).tolist()
        kinds = np.frombuffer(rest, np.uint8, n, n).tolist()
        ends = np.cumsum(np.frombuffer(rest, "<u2", n, 2 * n).astype(np.int64)).tolist()
        codes = np.frombuffer(rest, "<u2", n * len(names), 4 * n).reshape(n, len(names)).tolist()
        tokens = [
            Seen(
                text[start:end],
                Fate(fate & ~_STOP),
                {name: _value(code) for name, code in zip(names, row, strict=True) if code != _NONE},
                origins[kind],
                bool(fate & _STOP),
            )
            for start, end, fate, kind, row in zip([0, *ends], ends, fates, kinds, codes, strict=False)
        ]
        return _with_stops(tokens) if head["v"] == 1 else tokens
    except TapeUnreadable:
        raise
    except (ValueError, KeyError, TypeError, IndexError) as problem:
        raise TapeUnreadable("This tape is damaged.") from problem


def _with_stops(tokens: list[Seen]) -> list[Seen]:
    """As far as the first version's tapes show them."""
    ends = [later.origin == "end" for later in tokens[1:]] + [False]
    return [
        replace(token, stop=True) if ended and token.fate is Fate.DROPPED else token
        for token, ended in zip(tokens, ends, strict=True)
    ]


def beginning(tape: bytes | memoryview) -> dict[str, Any] | None:
    """None where it isn't known."""
    blob = bytes(tape)
    found = _parts(blob)[0].get("beginning") if blob else None
    return dict(found) if found is not None else None


def _parts(blob: bytes) -> tuple[dict[str, Any], bytes]:
    line, _, rest = blob.partition(b"\n")
    try:
        head = json.loads(line)
        version = head["v"]
    except (ValueError, KeyError, TypeError) as problem:
        raise TapeUnreadable("This tape is damaged.") from problem
    if version not in (1, _VERSION):
        raise TapeUnreadable(f"This tape has the version {version}; this program reads up to {_VERSION}.")
    return head, rest


def _code(score: float | None) -> int:
    if score is None:
        return _NONE
    if not 0.0 <= score <= 1.0:  # no number at all is neither
        return _BROKEN
    return round(float(score) * _SCALE)


def _value(code: int) -> float:
    return float("nan") if code >= _BROKEN else code / _SCALE
