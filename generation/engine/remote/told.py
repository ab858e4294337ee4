"""What a server is asked about the next token and what it tells, checked before anybody believes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.engine.remote.failures import Broken, NotFinite
from generation.engine.request import MAX_K

F32 = npt.NDArray[np.float32]
WIDTH = MAX_K + 14  # alternatives asked for at each position: what a run may show, and as many bans
_NEVER = -9999.0  # JSON has no minus infinity: vLLM writes this instead, SGLang the least float there is
_SLACK = 1e-3  # by which rounded probabilities may exceed 1


@dataclass(frozen=True, slots=True)
class Question:
    """What comes after each beginning of `tokens`, from the one of length `first` to the whole of it.

    So the tokens from `first` on are forced ones, whose own probabilities are asked for as well.
    """

    tokens: list[int]
    first: int
    width: int = WIDTH
    hidden: bool = False
    owner: str = ""  # whose prefixes in the server's cache may be used

    @property
    def forced(self) -> list[int]:
        return self.tokens[self.first :]


@dataclass(frozen=True, slots=True)
class Line:
    """One position: the best tokens, best first, of equals the lower id."""

    ids: npt.NDArray[np.int64]
    logprobs: F32  # of the full vocabulary, temperature 1, natural
    chosen: float = 0.0  # the log-probability of the forced token, where there is one
    rank: int = 0  # and its rank: at least the number of the best, if it is none of them and nobody told
    hidden: F32 | None = None  # after the last norm, of the token before this position


@dataclass(frozen=True, slots=True)
class Answer:
    lines: list[Line]  # one for each beginning
    cached: int = 0  # tokens that the server didn't have to compute


def line(
    question: Question,
    vocabulary: int,
    ids: list[Any],
    logprobs: list[Any],
    *,
    token: int | None = None,
    chosen: Any = None,
    rank: int | None = None,
    hidden: Any = None,
) -> Line:
    """`token`, where it is given, is forced here, has the log-probability `chosen`, and `rank` if known.

    Raises Broken for what can't be a distribution over this vocabulary, NotFinite for what is no number.
    """
    best = np.array(logprobs, np.float64)
    names = np.array(ids, np.int64)
    if np.isnan(best).any():
        raise NotFinite("a log-probability is no number")
    if len(names) != len(best) or len(names) < min(question.width, vocabulary):
        raise Broken(f"{len(names)} alternatives instead of {question.width}")
    if names.min() < 0 or names.max() >= vocabulary or len(set(names.tolist())) < len(names):
        raise Broken("tokens that this model doesn't have, or one twice")
    best[best <= _NEVER] = -np.inf
    order = np.lexsort((names, -best))[: min(question.width, vocabulary)]
    names, best = names[order], best[order]
    if best[0] == -np.inf or best[0] == np.inf:
        raise NotFinite("no token is possible")
    if np.exp(best).sum() > 1 + _SLACK:
        raise Broken("the probabilities of the best exceed 1")
    states = None if hidden is None else np.array(hidden, np.float32)
    if states is not None and not np.isfinite(states).all():
        raise NotFinite("a hidden state is no number")
    if token is None:
        return Line(names, best.astype(np.float32), hidden=states)
    own = np.float64(np.nan if chosen is None else chosen)
    if np.isnan(own) or own > _SLACK:
        raise NotFinite("the log-probability of a forced token is none")
    found = np.flatnonzero(names == token)
    place = int(found[0]) if len(found) else max(len(names), len(names) if rank is None else rank)
    own = best[place] if len(found) else np.float64(-np.inf) if own <= _NEVER else own
    return Line(names, best.astype(np.float32), float(own), place, states)


def entropy_bound(logprobs: F32, vocabulary: int) -> float:
    """The most bits that a distribution with these best tokens can have: the rest spread evenly over the
    tokens that weren't told. The true entropy lies at or below it; the server doesn't tell it."""
    best = logprobs.astype(np.float64)
    p = np.exp(best)
    nats = -float((p * np.where(p > 0, best, 0.0)).sum())
    left, others = 1.0 - float(p.sum()), vocabulary - len(p)
    if left > 0 and others > 0:
        nats -= left * float(np.log(left / others))
    return max(0.0, nats / float(np.log(2.0)))
