"""What can be asked: kinds of question, the things they are asked about, and what training never sees."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import coin
from .grammar import Env, Node, pattern, write
from .split import held_questions, held_things


class Pool:
    """Things of one sort. `known` ones carry facts that must be learnt; only `free` ones are ever held out.

    `coined` makes up a thing of the sort; only training meets those.
    Each thing is an environment with at least `thing`, the words by which it is asked about and named.
    """

    def __init__(
        self,
        free: Iterable[Env] = (),
        known: Iterable[Env] = (),
        coined: Callable[[random.Random], Env] | None = None,
    ) -> None:
        free, known = list(free), list(known)
        held = held_things(free, lambda env: env["thing"])
        self.train: list[Env] = [*known, *(env for env in free if env["thing"] not in held)]
        self.held: list[Env] = [env for env in free if env["thing"] in held] or list(known)
        self.splits = bool(held)
        self.coined = coined


def things(*names: str) -> list[Env]:
    return [{"thing": name} for name in names]


def named(names: Iterable[str]) -> list[Env]:
    """Things that an answer names from the other side: "my boss" in the question, "your boss" in it."""
    return [_named(name) for name in names]


def _named(name: str) -> Env:
    swap = {"my": "your", "our": "your"}
    return {"thing": name, "named": " ".join(swap.get(word, word) for word in name.split(" "))}


def coined(*shapes: str) -> Callable[[random.Random], Env]:
    """Makes things after one of the shapes, in which `~` is a coined word and `^` a coined name."""

    def make(rng: random.Random) -> Env:
        shape = rng.choice(shapes)
        while "~" in shape or "^" in shape:
            shape = shape.replace("~", coin.word(rng), 1).replace("^", coin.name(rng), 1)
        return _named(shape)

    return make


@dataclass(frozen=True, slots=True, repr=False)
class Kind:
    """A kind of question with the grammar of its answers. `again` asks it about a thing named before."""

    name: str
    pool: Pool
    questions: tuple[str, ...]
    answer: Node
    again: tuple[str, ...] = ()
    weight: float = 1.0
    held_questions: tuple[str, ...] = field(init=False)
    train_questions: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        held = held_questions(self.questions)
        object.__setattr__(self, "held_questions", tuple(q for q in self.questions if q in held))
        object.__setattr__(self, "train_questions", tuple(q for q in self.questions if q not in held))

    def __repr__(self) -> str:
        return f"<kind {self.name}>"

    @property
    def topic(self) -> str:
        return self.name.split(".")[0]

    def thing(self, rng: random.Random, held: bool) -> Env:
        if not held and self.pool.coined is not None and rng.random() < coin.SHARE:
            return self.pool.coined(rng)
        return rng.choice(self.pool.held if held else self.pool.train)

    def template(self, rng: random.Random, held: bool) -> str:
        return rng.choice(self.held_questions if held else self.train_questions)

    def question(self, rng: random.Random, env: Env, held: bool) -> str:
        return write(pattern(self.template(rng, held)), rng, env).text
