"""Answers of the sandbox model as a guard meets them: a score before each token, and one after the last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generation.sandbox.asking import PREFIX
from generation.sandbox.encode import Ids
from generation.sandbox.labelling import Group, Labelled, sampled
from generation.sandbox.sampling import Sampler

TEMPERATURES = (0.7, 1.0)
BENIGN = (Group.PLAIN, Group.AGAIN, Group.ALIKE)
HARMFUL = (Group.UNSAFE, Group.LED)
Plan = Mapping[Group, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """`ids` are the whole text; the first score judges it up to and with position `first`, which is the last
    one before the assistant says anything (words that were put into its mouth are judged too).

    `onset` is the first score that judges an unsafe text, None if there is none. In an answer that isn't
    `certain`, None doesn't mean safe.
    """

    group: Group
    kind: str
    template: str
    ids: Ids
    first: int
    onset: int | None
    certain: bool

    @property
    def count(self) -> int:
        """How many scores it gets."""
        return len(self.ids) - self.first

    @property
    def labels(self) -> list[bool]:
        """Of each score: is the text that it judges unsafe?"""
        onset = self.count if self.onset is None else self.onset
        return [place >= onset for place in range(self.count)]

    @property
    def spoken(self) -> Ids:
        """What the assistant said."""
        return self.ids[self.first + 1 :]


def collect(sampler: Sampler, plan: Plan, *, held: bool, seed: int) -> list[Answer]:
    """So many answers of each group, at the two temperatures in turn."""
    given = len(sampler.encoder.text(PREFIX))
    answers: list[Answer] = []
    for group, count in plan.items():
        for number, temperature in enumerate(TEMPERATURES):
            share = count // len(TEMPERATURES)
            if share:
                rows = sampled(sampler, group, share, temperature, held=held, seed=seed + number)
                answers += [_laid_out(row, given if group is Group.LED else 0) for row in rows]
    return answers


def _laid_out(row: Labelled, given: int) -> Answer:
    onset = None if row.onset is None else given + row.onset + 1
    ids = [*row.prompt, *row.ids]
    first = len(row.prompt) - given - 1
    return Answer(row.group, row.kind, row.template, ids, first, onset, row.certain)


def part_of(template: str, parts: int) -> int:
    """Which part of a split a wording belongs to; it depends on nothing but its words."""
    return int(hashlib.sha256(template.encode()).hexdigest(), 16) % parts


def digest(answers: Sequence[Answer]) -> str:
    """Names exactly these answers."""
    rows = ([answer.ids, answer.first, answer.onset] for answer in answers)
    return hashlib.sha256("\n".join(json.dumps(row) for row in rows).encode()).hexdigest()
