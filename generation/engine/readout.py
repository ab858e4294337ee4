"""From logits to what a step tells: the k best, the whole vocabulary's log-sum-exp and entropy.

The log-sum-exp comes from the favourite alone: its logit less the log of its probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import isfinite

import numpy as np
import numpy.typing as npt
import torch

from generation.engine.best import k_best

F32 = npt.NDArray[np.float32]
_LN2 = float(np.log(2.0))
_LIFTED = -1e30  # in place of minus infinity


@dataclass(slots=True)
class Readout:
    """One line a wanted position. A line whose numbers are not finite is `broken`: its entropy, which is made
    of all of them, shows that."""

    top_ids: npt.NDArray[np.int64]  # [n, k], most probable first
    top_logits: F32  # [n, k]
    lse: F32  # [n], log-sum-exp of the full vocabulary
    entropy: F32  # [n], bits
    forced_logit: F32  # [n], of the forced token, where there is one
    forced_rank: npt.NDArray[np.int64]  # [n]
    scores: F32  # [n, probes]

    def broken(self) -> npt.NDArray[np.bool_]:
        return ~np.isfinite(self.entropy)


def read(logits: torch.Tensor, k: int, forced: list[int], scores: torch.Tensor | None) -> Readout:
    """`forced[i]` is the token that line i takes whatever the model thinks, or -1."""
    if logits.dtype != torch.float32:
        logits = logits.float()
    k = min(k, logits.shape[1])
    values, ids = k_best(logits, k)
    probabilities = logits.softmax(-1)
    chosen = rank = None
    if max(forced) >= 0:
        chosen, rank = _forced(logits, forced)
    if logits.is_cuda:
        return _in_one_copy(logits, probabilities, values, ids, chosen, rank, scores)
    best = probabilities.amax(1).numpy()
    mean = torch.linalg.vecdot(probabilities, logits).numpy()
    top = values.numpy()
    lse = top[:, 0] - np.log(best)
    entropy = _bits(lse, mean)
    if not all(map(isfinite, entropy.tolist())):  # 0 times -inf: impossible tokens must add nothing
        mean = torch.linalg.vecdot(probabilities, logits.clamp(min=_LIFTED)).numpy()
        entropy = _bits(lse, mean)
    none, unranked = _nothing(len(top))
    return Readout(
        top_ids=ids.numpy(),
        top_logits=top,
        lse=lse,
        entropy=entropy,
        forced_logit=none if chosen is None else chosen[:, 0].numpy(),
        forced_rank=unranked if rank is None else rank[:, 0].numpy(),
        scores=none[:, None] if scores is None else scores.float().numpy(),
    )


@cache
def _nothing(lines: int) -> tuple[F32, npt.NDArray[np.int64]]:
    """Logits and ranks where no token is forced; nobody changes them."""
    return np.zeros(lines, np.float32), np.zeros(lines, np.int64)


def _bits(lse: F32, mean: F32) -> F32:
    bits: F32 = np.maximum((lse - mean) / _LN2, 0)
    return bits


def _forced(logits: torch.Tensor, forced: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logit and rank of the tokens that are taken anyway. Of equals the lower id ranks first."""
    wanted = torch.tensor(forced, device=logits.device)[:, None]
    chosen = logits.gather(1, wanted.clamp(min=0))
    before = torch.arange(logits.shape[1], device=logits.device) < wanted
    return chosen, ((logits > chosen) | ((logits == chosen) & before)).sum(1, keepdim=True)


def _in_one_copy(
    logits: torch.Tensor,
    probabilities: torch.Tensor,
    values: torch.Tensor,
    ids: torch.Tensor,
    chosen: torch.Tensor | None,
    rank: torch.Tensor | None,
    scores: torch.Tensor | None,
) -> Readout:
    """On a GPU: everything in one tensor, so that the step waits once. Ids stay exact below 2^24."""
    k = values.shape[1]
    lse = values[:, :1] - probabilities.gather(1, ids[:, :1]).log()
    mean = torch.linalg.vecdot(probabilities, logits.clamp(min=_LIFTED))[:, None]
    none = torch.zeros_like(lse)
    parts = [values, ids.float(), lse, ((lse - mean) / _LN2).clamp(min=0)]
    parts += [none, none] if chosen is None or rank is None else [chosen, rank.float()]
    parts.append(none if scores is None else scores.float())
    host = torch.cat(parts, 1).cpu().numpy()
    return Readout(
        top_logits=host[:, :k],
        top_ids=host[:, k : 2 * k].astype(np.int64),
        lse=host[:, 2 * k],
        entropy=host[:, 2 * k + 1],
        forced_logit=host[:, 2 * k + 2],
        forced_rank=host[:, 2 * k + 3].astype(np.int64),
        scores=host[:, 2 * k + 4 :],
    )
