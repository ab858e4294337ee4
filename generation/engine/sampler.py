"""Draws the next token of every line that samples: temperature, top-k, top-p, min-p, then Gumbel-max."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from generation.engine.control import Ban
from generation.engine.gumbel import gumbel, keys_of
from generation.engine.readout import F32, Readout
from generation.engine.request import Request

F64 = npt.NDArray[np.float64]


class Settings:
    """The lines' settings as arrays. A batch of decoding runs keeps them from step to step."""

    def __init__(self, requests: list[Request]) -> None:
        self.requests = requests
        heat = np.array([r.temperature for r in requests], np.float64)
        cold = heat == 0
        self.heat: F64 = np.where(cold, 1.0, heat)[:, None]
        breadth = np.where(cold, 1, np.array([r.k for r in requests]))[:, None]
        top_p = np.array([r.top_p for r in requests], np.float64)[:, None]
        min_p = np.array([r.min_p for r in requests], np.float64)[:, None]
        # Lines that ask for no cut stay as they are to the last bit, whatever the others ask for.
        self.top_p: F64 | None = np.where(top_p < 1, top_p, np.inf) if (top_p < 1).any() else None
        self.min_p: F64 | None = min_p if (min_p > 0).any() else None
        self.keys = keys_of(np.array([r.seed for r in requests], np.uint64))
        self.widest = max(r.k for r in requests)
        beyond = np.arange(self.widest) >= breadth
        self.beyond: npt.NDArray[np.bool_] | None = beyond if beyond.any() else None

    def fit(self, requests: list[Request]) -> bool:
        mine = self.requests
        return len(mine) == len(requests) and all(a is b for a, b in zip(mine, requests, strict=True))


def distribution(top_logits: F32, settings: Settings) -> tuple[F64, F64]:
    """What each line is sampled from, over its best tokens: probabilities (0 for a token that was cut)
    and unnormalised log-probabilities (-inf).

    In this order, each step on what the one before left, as Hugging Face's processors do:
    temperature, top-k, top-p (the smallest set that reaches it), min-p (against the favourite).
    """
    scaled: F64 = (top_logits - top_logits[:, :1]) / settings.heat
    if settings.beyond is not None:
        scaled[settings.beyond[:, : scaled.shape[1]]] = -np.inf
    p: F64 = np.exp(scaled)
    p /= _total(p)
    if settings.top_p is not None:
        p[np.cumsum(p, 1) - p >= settings.top_p] = 0.0
        p /= np.where(settings.top_p < np.inf, _total(p), 1.0)
    if settings.min_p is not None:
        p[p < settings.min_p * p[:, :1]] = 0.0
        p /= np.where(settings.min_p > 0, _total(p), 1.0)
    if settings.top_p is not None or settings.min_p is not None:
        scaled[p == 0.0] = -np.inf
    return p, scaled


def _total(p: F64) -> F64:
    """Added from left to right: whoever else is in the batch, and asks for more, only adds zeros."""
    return np.cumsum(p, 1)[:, -1:]


def gumbel_choice(
    scaled: F64, ids: npt.NDArray[np.int64], settings: Settings, positions: list[int]
) -> npt.NDArray[np.int64]:
    """The column that each line draws: argmax of log-probability plus noise. Exactly p's distribution."""
    noise = gumbel(settings.keys, np.array(positions, np.uint64), ids.view(np.uint64))
    columns: npt.NDArray[np.int64] = (scaled + noise).argmax(1)
    return columns


def banned_choice(
    read: Readout, line: int, request: Request, ban: Ban, position: int
) -> tuple[int, float, F32]:
    """The drawn token's rank, its probability, and that of each of the best, the banned ones being 0.

    Everything else is as without the ban, the noise included.
    """
    ids = read.top_ids[line]
    left = np.flatnonzero(~np.isin(ids, list(ban.tokens)))
    heat = request.temperature if ban.temperature is None else ban.temperature
    settings = Settings([replace(request, temperature=heat, predecessor_draw=False)])
    left = left[: settings.widest]
    p, scaled = distribution(read.top_logits[line : line + 1, left], settings)
    drawn = int(gumbel_choice(scaled, ids[None, left], settings, [position])[0])
    whole = np.zeros(len(ids), np.float32)
    whole[left] = p[0]
    return int(left[drawn]), float(p[0, drawn]), whole[: request.k]


def predecessor_distribution(top_logits: F32, request: Request) -> F32:
    """The predecessor's: softmax in single precision over the k best logits divided by T. A temperature
    too small for that takes the favourite."""
    with np.errstate(all="ignore"):
        scaled = top_logits[: request.k] / np.float32(request.temperature)
        weights = np.exp(scaled - scaled.max())
    if not np.isfinite(weights).all():
        weights = (np.arange(len(scaled)) == 0).astype(np.float32)
    p: F32 = weights / weights.sum()
    return p


def predecessor_choice(p: F32, uniform: float) -> int:
    """What `numpy.random.Generator.choice(k, p=p)` makes of its one uniform number."""
    cumulated = p.astype(np.float64).cumsum()
    cumulated /= cumulated[-1]
    return int(cumulated.searchsorted(uniform, side="right"))
