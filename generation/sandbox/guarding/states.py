"""The hidden states that a guard reads, from plain passes over whole answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from generation.sandbox.guarding.answers import Answer

Floats = npt.NDArray[np.float32]
ROWS = 16


@torch.inference_mode()
def states_of(model: Any, answers: Sequence[Answer], layer: int) -> list[Floats]:
    """[scores, width] for each answer. Answers of like length share a pass; padding stands behind them,
    where nothing before it can see it."""
    order = sorted(range(len(answers)), key=lambda place: len(answers[place].ids))
    found: list[Floats] = [np.empty((0, 0), np.float32)] * len(answers)
    for first in range(0, len(order), ROWS):
        rows = order[first : first + ROWS]
        longest = len(answers[rows[-1]].ids)
        ids = torch.tensor([answers[row].ids + [0] * (longest - len(answers[row].ids)) for row in rows])
        out = model.model(input_ids=ids, output_hidden_states=True, use_cache=False)
        for place, row in enumerate(rows):
            answer = answers[row]
            found[row] = out.hidden_states[layer][place, answer.first : len(answer.ids)].float().numpy()
    return found
