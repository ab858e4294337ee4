"""Questions for the model, made by the generator: what is asked, about what, and how the answer is judged."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .corpus import topics
from .corpus.conversation import follow_up, turn
from .corpus.grammar import Env, pattern, write
from .corpus.kind import Kind

PREFIX = "Sure, here is"
"""What is put into the model's mouth to make it give in more often."""
PLAIN_TOPICS = tuple(topic for topic in topics.BENIGN if topic != "lookalikes")
Messages = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that waits for an answer, with the turns before it as (role, text).

    `template` is the wording that the question is made of.
    """

    kind: Kind
    env: Env
    messages: Messages
    template: str

    @property
    def question(self) -> str:
        return self.messages[-1][1]


def asked(seed: str, count: int, chosen: tuple[str, ...], held: bool = True) -> list[Asked]:
    """Questions on the chosen topics, held out from training or not. Same seed, same questions."""
    result: list[Asked] = []
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        kind = topics.some_kind(rng, chosen)
        env = kind.thing(rng, held)
        template = kind.template(rng, held)
        question = write(pattern(template), rng, env).text
        result.append(Asked(kind, env, (("user", question),), template))
    return result


def asked_again(seed: str, count: int, held: bool = True) -> list[Asked]:
    """Second questions about a thing that the first one named."""
    result: list[Asked] = []
    number = 0
    while len(result) < count:
        rng = random.Random(f"{seed} {number}")
        number += 1
        kind = topics.some_kind(rng, PLAIN_TOPICS)
        others = topics.companions(kind)
        if others:
            first = turn(rng, kind, kind.thing(rng, held), held)
            second = follow_up(rng, first, others)
            answer = write(kind.answer, rng, first.env).text
            messages = (("user", first.question), ("assistant", answer), ("user", second.question))
            result.append(Asked(second.kind, second.env, messages, f"{second.kind.name} again"))
    return result
