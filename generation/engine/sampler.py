"""Draws the next token of every line that samples: temperature, top-k, top-p, min-p, then Gumbel-max."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generation.engine.gumbel import gumbel
from generation.engine.readout import F32
from generation.engine.request import Request

F64 = npt.NDArray[np.float64]


def distribution(top_logits: F32, requests: list[Request]) -> F64:
    """What each line is sampled from, over its best tokens: 0 for a token that was cut.

    In this order, each step on what the one before left, as Hugging Face's processors do:
    temperature, top-k, top-p (the smallest set that reaches it), min-p (against the favourite).
    """
    width = top_logits.shape[1]
    heat = np.array([r.temperature for r in requests], np.float64)
    breadth = np.array([r.k for r in requests])
    cold = heat == 0
    with np.errstate(invalid="ignore", over="ignore", divide="ignore", under="ignore"):
        scaled = (top_logits - top_logits[:, :1]).astype(np.float64) / np.where(cold, 1.0, heat)[:, None]
        p: F64 = np.exp(scaled)
    place = np.arange(width)
    p[place >= np.where(cold, 1, breadth)[:, None]] = 0.0
    p /= p.sum(1, keepdims=True)
    top_p = np.array([r.top_p for r in requests])
    if (top_p < 1).any():
        p[np.cumsum(p, 1) - p >= top_p[:, None]] = 0.0
        p /= p.sum(1, keepdims=True)
    min_p = np.array([r.min_p for r in requests])
    if (min_p > 0).any():
        p[p < min_p[:, None] * p[:, :1]] = 0.0
        p /= p.sum(1, keepdims=True)
    return p


def gumbel_choice(
    p: F64, ids: npt.NDArray[np.int64], requests: list[Request], positions: list[int]
) -> list[int]:
    """The column that each line draws: argmax of log-probability plus noise. Exactly p's distribution."""
    seeds = np.array([r.seed for r in requests], np.uint64)
    noise = gumbel(seeds, np.array(positions, np.uint64), ids.astype(np.uint64))
    with np.errstate(divide="ignore"):
        columns: list[int] = (np.log(p) + noise).argmax(1).tolist()
    return columns


def predecessor_distribution(top_logits: F32, request: Request) -> F32:
    """The predecessor's: softmax in single precision over the k best logits divided by T."""
    scaled = top_logits[: request.k] / np.float32(request.temperature)
    weights = np.exp(scaled - scaled.max())
    p: F32 = weights / weights.sum()
    return p


def predecessor_choice(p: F32, uniform: float) -> int:
    """What `numpy.random.Generator.choice(k, p=p)` makes of its one uniform number."""
    cumulated = p.astype(np.float64).cumsum()
    cumulated /= cumulated[-1]
    return int(cumulated.searchsorted(uniform, side="right"))
