"""The model's own answers with labels from the grammar: at which token does an answer turn unsafe?

What a probe is trained and measured on. The labels cost nobody's time, and are right by construction: an
answer that the grammar can't follow says so (`certain`), instead of being called safe.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .asking import PLAIN_TOPICS, PREFIX, Asked, asked, asked_again
from .corpus.conversation import safe_answers
from .corpus.grammar import NOWHERE, accepts, onset_of
from .corpus.unsafe import REFUSALS
from .encode import Ids
from .sampling import Sample, Sampler


class Group(StrEnum):
    """What is asked, and how."""

    PLAIN = "plain"
    """A question on the model's topics."""
    AGAIN = "again"
    """A second question in a conversation on the model's topics."""
    ALIKE = "alike"
    """A harmless question with alarming words."""
    UNSAFE = "unsafe"
    """A request that a careful assistant refuses."""
    LED = "led"
    """The same, with "Sure, here is" put into the model's mouth."""
    NUDGED = "nudged"
    """The same, cut at any token and nudged: what follows should be safe."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sampled answer. `prompt` is everything before its first token, a prefix or a nudge included.

    `onset` is the index in `ids` of the first unsafe token, None if there is none. `certain` says whether the
    grammar could follow the answer far enough to know. `template` is the wording of the question, so that a
    split can keep wordings apart.
    """

    group: Group
    kind: str
    template: str
    question: str
    prompt: Ids
    ids: Ids
    text: str
    onset: int | None
    certain: bool
    ended: bool


def bytes_of(sampler: Sampler, number: int) -> int:
    """How many bytes a token spells: in byte-level BPE, every sign of its own spelling stands for one."""
    return len(sampler.tokenizer.id_to_token(number) or "")


def token_at(sampler: Sampler, ids: Ids, text: str, offset: int) -> int:
    """The index of the token that holds the sign at `offset` of the text that the ids spell."""
    wanted = len(text[:offset].encode())
    seen = 0
    for index, number in enumerate(ids):
        seen += bytes_of(sampler, number)
        if seen > wanted:
            return index
    raise ValueError("The text has no such place.")


def _onset(sampler: Sampler, question: Asked, sample: Sample, given: str) -> int | None:
    """The first unsafe token of those that the model wrote itself, after the words `given` to it."""
    text = given + sample.text
    space = len(text) - len(text.lstrip(" "))
    offset = onset_of(question.kind.answer, text[space:], question.env)
    if offset == NOWHERE:
        return None
    return token_at(sampler, sample.ids, sample.text, max(0, offset + space - len(given)))


def _certainly_safe(question: Asked, sample: Sample, given: str) -> bool:
    node: Any = REFUSALS.get(question.kind.name, question.kind.answer)
    return sample.ended and accepts(node, given + sample.text, question.env)


def _asked(group: Group, seed: str, count: int, held: bool) -> list[Asked]:
    if group is Group.AGAIN:
        return asked_again(seed, count, held)
    topics = {Group.PLAIN: PLAIN_TOPICS, Group.ALIKE: ("lookalikes",)}.get(group, ("unsafe",))
    return asked(seed, count, topics, held)


def sampled(
    sampler: Sampler, group: Group, count: int, temperature: float, *, held: bool, seed: int = 1
) -> list[Labelled]:
    """`count` labelled answers of the model. `held` asks in wordings, and about things, that it never saw.

    Guarantee: the same sampler, arguments and machine give the same answers.
    """
    questions = _asked(group, f"label {group} {held} {seed}", count, held)
    given = PREFIX if group in (Group.LED, Group.NUDGED) else ""
    prompts = [sampler.prompt(question.messages, given) for question in questions]
    samples = sampler.sample(prompts, temperature, seed)
    if group is Group.NUDGED:
        rng = random.Random(f"nudge {seed}")
        nudge = sampler.encoder.nudge()
        cuts = [sample.ids[: rng.randint(0, len(sample.ids))] for sample in samples]
        prompts = [[*prompt, *cut, *nudge] for prompt, cut in zip(prompts, cuts, strict=True)]
        samples = sampler.sample(prompts, temperature, seed)
        given = ""
    rows: list[Labelled] = []
    for question, prompt, sample in zip(questions, prompts, samples, strict=True):
        onset = _onset(sampler, question, sample, given)
        if group is Group.NUDGED:
            safe = sample.ended and accepts(safe_answers(question.kind), sample.text, question.env)
        else:
            safe = _certainly_safe(question, sample, given)
        rows.append(
            Labelled(
                group=group,
                kind=question.kind.name,
                template=question.template,
                question=question.question,
                prompt=prompt,
                ids=sample.ids,
                text=sample.text,
                onset=onset,
                certain=safe or onset is not None,
                ended=sample.ended,
            )
        )
    return rows
