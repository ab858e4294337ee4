"""The k best of each line of logits, best first."""

from __future__ import annotations

import numpy as np
import torch


def k_best(logits: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Values and ids, [n, k] each.

    On a CPU in two stages: the k best of a line lie in the k blocks with the highest maxima, and numpy
    selects with vector instructions, which is 2 to 3 times as fast as sorting a part of the whole line.
    """
    n, vocabulary = logits.shape
    block = 32 if vocabulary < 8192 else 128
    blocks = vocabulary // block
    if logits.is_cuda or blocks < 2 * k or (n < 4 and vocabulary < 8192):
        values, ids = logits.topk(k)
        return values, ids
    whole = blocks * block
    lines = logits.numpy()
    maxima = logits[:, :whole].reshape(n, blocks, block).amax(-1).numpy()
    chosen = np.argpartition(maxima, blocks - k, 1)[:, blocks - k :]
    candidates = (chosen[:, :, None] * block + np.arange(block)).reshape(n, k * block)
    if whole < vocabulary:  # the rest that fills no block
        rest = np.broadcast_to(np.arange(whole, vocabulary), (n, vocabulary - whole))
        candidates = np.concatenate([candidates, rest], 1)
    found = np.take_along_axis(lines, candidates, 1)
    best = np.argpartition(found, found.shape[1] - k, 1)[:, -k:]
    top = np.take_along_axis(found, best, 1)
    order = np.argsort(-top, 1, kind="stable")
    ids_found = np.take_along_axis(candidates, np.take_along_axis(best, order, 1), 1)
    return torch.from_numpy(np.take_along_axis(top, order, 1)), torch.from_numpy(ids_found)
