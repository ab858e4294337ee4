"""From logits to what a step tells: the k best, the whole vocabulary's log-sum-exp and entropy.

All of it happens on the model's device and comes over in one copy a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

F32 = npt.NDArray[np.float32]
_BLOCK = 128  # of the two-stage top-k; from about this many blocks on it beats the plain one
_LN2 = float(np.log(2.0))


@dataclass(slots=True)
class Readout:
    """One line a wanted position. A line whose numbers are not finite is `broken`."""

    top_ids: npt.NDArray[np.int64]  # [n, k], most probable first
    top_logits: F32  # [n, k]
    lse: F32  # [n], log-sum-exp of the full vocabulary
    entropy: F32  # [n], bits
    forced_logit: F32  # [n], of the forced token, where there is one
    forced_rank: npt.NDArray[np.int64]  # [n]
    scores: F32  # [n, probes]

    def broken(self) -> npt.NDArray[np.bool_]:
        return ~(np.isfinite(self.lse) & np.isfinite(self.entropy))


def top_k(logits: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The k best of each line. The k best lie in the k blocks with the highest maxima, so for a large
    vocabulary only those blocks are sorted."""
    n, vocabulary = logits.shape
    blocks = vocabulary // _BLOCK
    if blocks < 2 * k or logits.is_cuda:
        values, ids = logits.topk(k)
        return values, ids
    whole = blocks * _BLOCK
    grid = logits[:, :whole].reshape(n, blocks, _BLOCK)
    best = grid.amax(-1).topk(k, sorted=False).indices
    values = grid.gather(1, best[:, :, None].expand(-1, -1, _BLOCK)).flatten(1)
    ids = (best[:, :, None] * _BLOCK + torch.arange(_BLOCK, device=logits.device)).flatten(1)
    if whole < vocabulary:  # the rest that fills no block
        rest = torch.arange(whole, vocabulary, device=logits.device)
        values = torch.cat([values, logits[:, whole:]], 1)
        ids = torch.cat([ids, rest.expand(n, -1)], 1)
    values, where = values.topk(k)
    return values, ids.gather(1, where)


def read(logits: torch.Tensor, k: int, forced: list[int], scores: torch.Tensor | None) -> Readout:
    """`forced[i]` is the token that line i takes whatever the model thinks, or -1."""
    logits = logits.float()
    k = min(k, logits.shape[1])
    values, ids = top_k(logits, k)
    probabilities = logits.softmax(-1)
    # log-sum-exp from the favourite alone: its logit less the log of its probability.
    lse = values[:, 0] - probabilities.gather(1, ids[:, :1])[:, 0].log()
    # Impossible tokens (-inf) add nothing: 0 times -inf would be NaN.
    weighted = torch.linalg.vecdot(probabilities, logits.clamp(min=-1e30))
    entropy = ((lse - weighted) / _LN2).clamp(min=0)
    parts = [values, ids.float(), lse[:, None], entropy[:, None]]  # ids stay exact in float32 below 2^24
    if any(token >= 0 for token in forced):
        wanted = torch.tensor(forced, device=logits.device)
        chosen = logits.gather(1, wanted.clamp(min=0)[:, None])
        # Of equals the lower id ranks first, as in a stable sort.
        before = torch.arange(logits.shape[1], device=logits.device) < wanted[:, None]
        rank = ((logits > chosen) | ((logits == chosen) & before)).sum(1, keepdim=True)
        parts += [chosen, rank.float()]
    else:
        parts += [lse.new_zeros(len(forced), 2)]
    if scores is not None:
        parts.append(scores.float())
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
