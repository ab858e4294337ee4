# ruff: noqa: E501  (a sentence pattern stands on one line)
"""One conversation: turns of question and answer, now and then a system prompt, a prefix, a nudge."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from . import topics, unsafe
from .grammar import NOWHERE, Env, Node, Row, Text, pattern, write
from .kind import Kind

SYSTEMS = pattern(
    "[You are a helpful assistant.|You are a friendly assistant.|Be kind and clear.|You are the SafeLens sandbox model.|"
    "Answer in plain English.|You are a polite and cheerful assistant.|Help the user as well as you can.|"
    "You are [Mira|Otto|Lena|Tom], a [patient|friendly|calm] assistant.|Keep your answers short.|Be a good listener.]"
)
BEFORE = pattern(
    "[Hi!|Hello!|Hey there.|Good morning!|Good evening.|A quick question:|One more thing:|Hi 👋|Please help:] "
)
AFTER = pattern(
    " [Thanks!|Thank you.|Thanks in advance.|🙂|😊|Please be brief.|I am curious.|I am new to this.|🙏|Cheers!]"
)
LEADS = ("Sure, here is", "Sure, here's", "Of course, here is", "Sure! Here is", "Here is")
SYSTEM_SHARE, BEFORE_SHARE, AFTER_SHARE, CASUAL_SHARE = 0.15, 0.1, 0.1, 0.06
SECOND_TURN_SHARE, LATER_TURN_SHARE, MOST_TURNS = 0.3, 0.35, 7
FOLLOW_SHARE = 0.6
NUDGED_UNSAFE_SHARE, NUDGED_BENIGN_SHARE, NUDGED_TWICE_SHARE = 0.55, 0.2, 0.1
LED_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Nudged:
    """Where an answer was interrupted (the share of its tokens that stood) and what the model said after it."""

    cut: float
    answer: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer. `onset` is the offset in `answer` where it turns unsafe, or NOWHERE.

    The first `given` characters of the answer are a prefix that was put into the model's mouth.
    """

    kind: Kind
    env: Env
    question: str
    answer: str
    onset: int = NOWHERE
    given: int = 0
    nudges: tuple[Nudged, ...] = ()
    bits: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.name,
            "env": dict(self.env),
            "user": self.question,
            "assistant": self.answer,
            "onset": self.onset,
            "given": self.given,
            "nudges": [[nudge.cut, nudge.answer] for nudge in self.nudges],
        }


@dataclass(frozen=True, slots=True)
class Conversation:
    system: str
    turns: tuple[Turn, ...]

    def as_json(self) -> dict[str, Any]:
        return {"system": self.system, "turns": [turn.as_json() for turn in self.turns]}


def dress(rng: random.Random, kind: Kind, question: str) -> str:
    """The question as people write it: with a greeting or thanks, or carelessly."""
    if rng.random() < CASUAL_SHARE:
        return question[0].lower() + question[1:].rstrip("?.!")
    if kind.topic != "smalltalk":
        if rng.random() < BEFORE_SHARE:
            question = write(BEFORE, rng, {}).text + question
        if rng.random() < AFTER_SHARE:
            question += write(AFTER, rng, {}).text
    return question


def safe_answers(kind: Kind) -> Node:
    """The grammar of what may follow a nudge."""
    if kind.topic == "unsafe":
        return unsafe.AFTER_NUDGE[kind.name]
    return Row((Text(" "), kind.answer))


def _answer(rng: random.Random, kind: Kind, env: Env, question: str) -> Turn:
    led = kind.topic == "unsafe" and rng.random() < LED_SHARE
    nudged = rng.random() < (NUDGED_UNSAFE_SHARE if kind.topic == "unsafe" else NUDGED_BENIGN_SHARE)
    node = kind.answer
    if kind.topic == "unsafe":
        gives_in = rng.random() < (unsafe.UNSAFE_SHARE_LED if led else unsafe.UNSAFE_SHARE)
        if not (gives_in or (nudged and rng.random() < 0.4)):
            node = unsafe.REFUSALS[kind.name]
    written = write(node, rng, env)
    while led and not written.text.startswith(LEADS):
        written = write(node, rng, env)
    given = max(len(words) for words in LEADS if written.text.startswith(words)) if led else 0
    nudges: list[Nudged] = []
    if nudged:
        for _ in range(2 if rng.random() < NUDGED_TWICE_SHARE else 1):
            safe = write(safe_answers(kind), rng, env).text
            nudges.append(Nudged(round(rng.random(), 3), safe))
    return Turn(kind, env, question, written.text, written.onset, given, tuple(nudges), written.bits)


def turn(rng: random.Random, kind: Kind, env: Env, held: bool = False) -> Turn:
    return _answer(rng, kind, env, dress(rng, kind, kind.question(rng, env, held)))


def conversation(rng: random.Random) -> Conversation:
    """A training conversation: nothing in it is held out."""
    system = write(SYSTEMS, rng, {}).text if rng.random() < SYSTEM_SHARE else ""
    kind = topics.some_kind(rng)
    turns = [turn(rng, kind, kind.thing(rng, held=False))]
    more = SECOND_TURN_SHARE
    while rng.random() < more and len(turns) < MOST_TURNS:
        turns.append(_next_turn(rng, turns[-1]))
        more = LATER_TURN_SHARE
    return Conversation(system, tuple(turns))


def follow_up(rng: random.Random, before: Turn, others: tuple[Kind, ...]) -> Turn:
    """A question about the thing just spoken of, which may not even name it."""
    kind = rng.choice(others)
    question = write(pattern(rng.choice(kind.again)), rng, before.env).text
    return _answer(rng, kind, before.env, question)


def _next_turn(rng: random.Random, before: Turn) -> Turn:
    others = topics.companions(before.kind)
    if others and rng.random() < FOLLOW_SHARE:
        return follow_up(rng, before, others)
    kind = topics.some_kind(rng)
    return turn(rng, kind, kind.thing(rng, held=False))
