"""Conversations as token ids, with a mark on every token that the model learns to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .corpus.conversation import Conversation, Turn
from .corpus.refusals import NUDGE
from .tokenizer import CONTEXT, END, START, number

Ids = list[int]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Many documents end to end: document n is `ids[bounds[n]:bounds[n + 1]]`; `learn` marks the targets."""

    ids: NDArray[np.uint16]
    learn: NDArray[np.bool_]
    bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.bounds)


class Encoder:
    """Writes conversations as the chat template does: the ids are those of `apply_chat_template`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, Ids] = {}
        self._start = number(tokenizer, START)
        self.end = number(tokenizer, END)

    def text(self, text: str) -> Ids:
        ids: Ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _common(self, text: str) -> Ids:
        if text not in self._known:
            self._known[text] = self.text(text)
        return self._known[text]

    def message(self, role: str, content: str) -> Ids:
        return [self._start, *self._common(f"{role}\n"), *self.text(content), self.end, *self._common("\n")]

    def opening(self) -> Ids:
        """What stands before the first token of an answer."""
        return [self._start, *self._common("assistant\n")]

    def nudge(self) -> Ids:
        return self._common(f" {NUDGE}")

    def _answer(self, turn: Turn) -> tuple[Ids, list[bool]]:
        ids = self.text(turn.answer)
        learn = [True] * len(ids)
        if turn.given:
            for index in range(len(self.text(turn.answer[: turn.given]))):
                learn[index] = False
        for nudged in turn.nudges:
            stands = int(nudged.cut * (len(ids) + 1))
            safe = self.text(nudged.answer)
            injected = self.nudge()
            ids = [*ids[:stands], *injected, *safe]
            learn = [*learn[:stands], *[False] * len(injected), *[True] * len(safe)]
        return [*ids, self.end], [*learn, True]

    def conversation(self, item: Conversation) -> tuple[Ids, list[bool]]:
        ids: Ids = self.message("system", item.system) if item.system else []
        learn = [False] * len(ids)
        for turn in item.turns:
            before = [*self.message("user", turn.question), *self.opening()]
            answer, learnt = self._answer(turn)
            after = self._common("\n")
            ids += [*before, *answer, *after]
            learn += [*[False] * len(before), *learnt, *[False] * len(after)]
        return ids[:CONTEXT], learn[:CONTEXT]

    def corpus(self, items: Iterable[Conversation]) -> Encoded:
        ids: list[NDArray[np.uint16]] = []
        learn: list[NDArray[np.bool_]] = []
        bounds = [0]
        for item in items:
            some, marks = self.conversation(item)
            ids.append(np.asarray(some, dtype=np.uint16))
            learn.append(np.asarray(marks, dtype=np.bool_))
            bounds.append(bounds[-1] + len(some))
        return Encoded(np.concatenate(ids), np.concatenate(learn), np.asarray(bounds, dtype=np.int64))


def batches(lengths: NDArray[np.int64], tokens: int, seed: Sequence[int]) -> list[NDArray[np.int64]]:
    """Documents of like length together, about `tokens` a batch, in an order that the seed alone decides."""
    rng = np.random.default_rng(list(seed))
    order = rng.permutation(len(lengths))
    result: list[NDArray[np.int64]] = []
    window = 4096
    for first in range(0, len(order), window):
        part = order[first : first + window]
        part = part[np.argsort(lengths[part], kind="stable")[::-1]]
        at = 0
        while at < len(part):
            count = max(1, tokens // int(lengths[part[at]]))
            result.append(part[at : at + count])
            at += count
    return [result[index] for index in rng.permutation(len(result))]
