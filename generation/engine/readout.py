"""From logits to what a step tells: the k best, the whole vocabulary's log-sum-exp and entropy.

All of it happens on the model's device and comes over in one copy a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from generation.engine.best import k_best

F32 = npt.NDArray[np.float32]
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


def _mean_logit(probabilities: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Under the distribution itself. Impossible tokens (-inf) add nothing, but 0 times -inf is NaN, so
    where there may be some they are lifted first; looking whether there are costs a wait on a GPU."""
    if not logits.is_cuda:
        mean: torch.Tensor = torch.linalg.vecdot(probabilities, logits)
        if bool(mean.isfinite().all()):
            return mean
    lifted: torch.Tensor = torch.linalg.vecdot(probabilities, logits.clamp(min=-1e30))
    return lifted


def read(logits: torch.Tensor, k: int, forced: list[int], scores: torch.Tensor | None) -> Readout:
    """`forced[i]` is the token that line i takes whatever the model thinks, or -1."""
    logits = logits.float()
    k = min(k, logits.shape[1])
    values, ids = k_best(logits, k)
    probabilities = logits.softmax(-1)
    # log-sum-exp from the favourite alone: its logit less the log of its probability.
    lse = values[:, 0] - probabilities.gather(1, ids[:, :1])[:, 0].log()
    entropy = ((lse - _mean_logit(probabilities, logits)) / _LN2).clamp(min=0)
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
