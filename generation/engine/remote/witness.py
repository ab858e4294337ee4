"""Whether a hidden state is the one that its log-probabilities come from.

The last layer's state times the model's output matrix is the logits, so for some of the tokens that were
told the differences between both must agree. That needs some rows of the matrix alone, from the model's files
here. So a state of another run, of another position or of another model is found out at the very token, and
the run that it would have judged ends: nothing unjudged leaves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM

from generation.engine.remote.failures import Broken
from generation.engine.remote.told import F32, Line

EACH = 4  # every fourth of the told tokens: near ones and far ones
APART = 0.01  # nats, and for each nat of the logits, by which both may differ: bfloat16 rounds to 0.004
_KEPT = 2048  # rows

Rows = Callable[[Sequence[int]], F32]


class Witness:
    """`rows` gives the output matrix's rows of some tokens, [n, width]."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def examine(self, line: Line) -> None:
        """Raises Broken."""
        if line.hidden is None:
            raise Broken("no hidden state")
        possible = np.isfinite(line.logprobs[::EACH])
        ids, told = line.ids[::EACH][possible], line.logprobs[::EACH][possible]
        rows = self._rows(ids.tolist())
        if rows.shape[1:] != line.hidden.shape:
            raise Broken("a hidden state of another width")
        logits = rows @ line.hidden
        allowed = APART * (1 + float(np.abs(logits).max()))
        if np.abs((logits - logits[0]) - (told - told[0])).max() > allowed:
            raise Broken("a hidden state that doesn't explain what came with it")


class _OfFiles:
    """Reads a row when it is first asked for, and keeps those that were asked for last."""

    def __init__(self, file: Path, tensor: str) -> None:
        opened: Any = safe_open(file, framework="pt")
        self._matrix = opened.get_slice(tensor)
        self._kept: OrderedDict[int, F32] = OrderedDict()

    def __call__(self, ids: Sequence[int]) -> F32:
        return np.stack([self._row(token) for token in ids])

    def _row(self, token: int) -> F32:
        if token not in self._kept:
            self._kept[token] = self._matrix[token : token + 1].float().numpy()[0]
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(token)
        return self._kept[token]


def witness_of(config: Any, files: list[Path]) -> Witness | None:
    """From a model's safetensors. None where they don't hold its output matrix under a name of its own."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    head = model.get_output_embeddings()
    if head is None or getattr(head, "bias", None) is not None:
        return None
    named = model.named_parameters(remove_duplicate=False)
    names = {name for name, weight in named if weight is head.weight}
    for file in files:
        if file.suffix == ".safetensors":
            with safe_open(file, framework="pt") as tensors:
                found = names & set(tensors.keys())
            if found:
                return Witness(_OfFiles(file, min(found)))
    return None
