"""Scores of whole answers as the engine would give them: of the same states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from generation.sandbox.guarding.answers import BENIGN, Answer
from generation.sandbox.guarding.bag import Bag
from generation.sandbox.guarding.states import states_of
from guard.evidence.artifact import Artifact
from guard.policy.detection import Labelled


@dataclass(frozen=True, slots=True)
class Judged:
    answer: Answer
    scored: Labelled

    @property
    def benign(self) -> bool:
        return self.answer.group in BENIGN


def by_probe(artifact: Artifact, model: Any, answers: Sequence[Answer]) -> list[Judged]:
    (layer,) = artifact.layers
    module = artifact.module()
    judged = []
    for answer, states in zip(answers, states_of(model, answers, layer), strict=True):
        with torch.inference_mode():
            scores = module(torch.from_numpy(states)[:, None]).tolist()
        judged.append(_judged(answer, scores))
    return judged


def by_words(bag: Bag, answers: Sequence[Answer]) -> list[Judged]:
    return [_judged(answer, bag.scores(answer)) for answer in answers]


def _judged(answer: Answer, scores: list[float]) -> Judged:
    onset = None if answer.onset is None else answer.onset - 1  # of the token that the score judges
    return Judged(answer, Labelled(tuple(scores), onset))
