"""The model behind the stand-in: a whole text in one plain pass, nothing kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Read:
    logprobs: torch.Tensor  # [tokens, vocabulary], after each token
    states: torch.Tensor  # [tokens, width], after the last norm


class Brain:
    """`spoil` may change the logits of a text, as a broken model would."""

    def __init__(self, model: Any, most: int) -> None:
        self.model, self.most = model, most
        self.vocabulary = int(model.get_output_embeddings().weight.shape[0])
        self.spoil: Callable[[list[int], torch.Tensor], torch.Tensor] | None = None
        self._lock = threading.Lock()

    @torch.inference_mode()
    def read(self, tokens: list[int]) -> Read:
        with self._lock:
            ids = torch.tensor([tokens])
            out = self.model(input_ids=ids, use_cache=False, output_hidden_states=True)
        logits = out.logits[0].float()
        if self.spoil is not None:
            logits = self.spoil(tokens, logits)
        return Read(logits.log_softmax(-1), out.hidden_states[-1][0].float())


class Radix:
    """What a prefix cache would have, by name: only counted, for a plain pass computes all of it anyway."""

    def __init__(self, kept: int = 300) -> None:
        self._texts: dict[str, list[list[int]]] = {}
        self._kept = kept
        self._lock = threading.Lock()

    def look(self, name: str, tokens: list[int], most: int) -> int:
        """How many of the first `most` tokens were there; then all are."""
        with self._lock:
            texts = self._texts.setdefault(name, [])
            found = max((_common(text, tokens) for text in texts), default=0)
            texts.append(tokens)
            del texts[: -self._kept]
        return min(found, most)


def _common(one: list[int], other: list[int]) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length
