"""Sentence patterns that write and read: what generates an answer can also tell whether a text is one.

A pattern is plain text with
    [one|another|]   a choice, nested at will; an empty option is allowed
    {thing}          a slot, filled from the environment; its value is a pattern too
    {Thing}          the same with a capital letter
    {a_thing}        the same with "a" or "an" before it; {A_thing} as well
    ^                the point where an answer turns unsafe

Guarantee: whatever `write` produces under an environment, `read` accepts under the same environment, and it
finds the same point where the text turns unsafe.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

Env = Mapping[str, str]
NOWHERE = -1
"""The onset of a text that never turns unsafe."""


@dataclass(slots=True)
class Writer:
    """One text in the making: its pieces, where it turned unsafe, and how many bits of choice it holds."""

    rng: random.Random
    env: Env
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    onset: int = NOWHERE
    bits: float = 0.0

    def put(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def pick(self, count: int) -> int:
        self.bits += math.log2(count)
        return self.rng.randrange(count)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


State = tuple[int, int]
"""How far a text is read, and where it turned unsafe on the way."""


@dataclass(slots=True)
class Reader:
    """One text being read. `reach` is the furthest state that any reading came to."""

    text: str
    env: Env
    reach: State = (0, NOWHERE)

    def literal(self, wanted: str, states: set[State]) -> set[State]:
        read: set[State] = set()
        for at, onset in states:
            end = at + len(wanted)
            if self.text.startswith(wanted, at):
                read.add((end, onset))
            else:
                end = at
                while end < len(self.text) and self.text[end] == wanted[end - at]:
                    end += 1
            if end > self.reach[0] or (end == self.reach[0] and onset != NOWHERE):
                self.reach = (end, onset)
        return read


class Node(Protocol):
    def write(self, to: Writer) -> None: ...

    def read(self, by: Reader, states: set[State]) -> set[State]: ...


@dataclass(frozen=True, slots=True)
class Text:
    text: str

    def write(self, to: Writer) -> None:
        to.put(self.text)

    def read(self, by: Reader, states: set[State]) -> set[State]:
        return by.literal(self.text, states)


@dataclass(frozen=True, slots=True)
class Onset:
    def write(self, to: Writer) -> None:
        if to.onset == NOWHERE:
            to.onset = to.length

    def read(self, by: Reader, states: set[State]) -> set[State]:
        return {(at, at if onset == NOWHERE else onset) for at, onset in states}


@dataclass(frozen=True, slots=True)
class Slot:
    name: str

    def _value(self, env: Env) -> Node:
        if self.name in env:
            return pattern(env[self.name])
        name = self.name[0].lower() + self.name[1:]
        value = article(env[name[2:]]) if name.startswith("a_") else env[name]
        return pattern(value if name == self.name else value[0].upper() + value[1:])

    def write(self, to: Writer) -> None:
        self._value(to.env).write(to)

    def read(self, by: Reader, states: set[State]) -> set[State]:
        return self._value(by.env).read(by, states)


@dataclass(frozen=True, slots=True)
class Row:
    """One after the other."""

    nodes: tuple[Node, ...]

    def write(self, to: Writer) -> None:
        for node in self.nodes:
            node.write(to)

    def read(self, by: Reader, states: set[State]) -> set[State]:
        for node in self.nodes:
            if not states:
                break
            states = node.read(by, states)
        return states


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, all equally likely."""

    nodes: tuple[Node, ...]

    def write(self, to: Writer) -> None:
        self.nodes[to.pick(len(self.nodes))].write(to)

    def read(self, by: Reader, states: set[State]) -> set[State]:
        return set().union(*(node.read(by, states) for node in self.nodes))


@dataclass(frozen=True, slots=True)
class Subset:
    """From `least` to `most` of several, in their order."""

    nodes: tuple[Node, ...]
    least: int
    most: int

    def write(self, to: Writer) -> None:
        count = self.least + to.pick(self.most - self.least + 1)
        to.bits += math.log2(math.comb(len(self.nodes), count))
        for place in sorted(to.rng.sample(range(len(self.nodes)), count)):
            self.nodes[place].write(to)

    def read(self, by: Reader, states: set[State]) -> set[State]:
        reached: list[set[State]] = [set(states), *(set() for _ in range(self.most))]
        for node in self.nodes:
            for count in range(self.most, 0, -1):
                if reached[count - 1]:
                    reached[count] |= node.read(by, reached[count - 1])
        return set().union(*reached[self.least :])


@lru_cache(maxsize=200_000)
def pattern(source: str) -> Node:
    """Read the little language above. Raises ValueError for one that isn't well-formed."""
    node, end = _row(source, 0, nested=False)
    if end != len(source):
        raise ValueError(f"A bracket too many in the pattern {source!r}.")
    return node


def _row(source: str, at: int, nested: bool) -> tuple[Node, int]:
    nodes: list[Node] = []
    start = at

    def flush() -> None:
        if at > start:
            nodes.append(Text(source[start:at]))

    while at < len(source):
        sign = source[at]
        if sign == "]" or (nested and sign == "|"):
            break
        if sign in "[{^":
            flush()
        if sign == "[":
            node, at = _choice(source, at + 1)
            nodes.append(node)
            start = at
        elif sign == "{":
            end = source.index("}", at)
            nodes.append(Slot(source[at + 1 : end]))
            at = start = end + 1
        elif sign == "^":
            nodes.append(Onset())
            at = start = at + 1
        else:
            at += 1
    flush()
    return (nodes[0] if len(nodes) == 1 else Row(tuple(nodes))), at


def _choice(source: str, at: int) -> tuple[Node, int]:
    options: list[Node] = []
    while True:
        node, at = _row(source, at, nested=True)
        options.append(node)
        if at >= len(source):
            raise ValueError(f"A bracket is never closed in the pattern {source!r}.")
        at += 1
        if source[at - 1] == "]":
            return Choice(tuple(options)), at


def write(node: Node, rng: random.Random, env: Env) -> Writer:
    writer = Writer(rng, env)
    node.write(writer)
    return writer


def accepts(node: Node, text: str, env: Env) -> bool:
    """Whether the whole text is one that `node` could have written under `env`."""
    return any(end == len(text) for end, _ in node.read(Reader(text, env), {(0, NOWHERE)}))


def onset_of(node: Node, text: str, env: Env) -> int:
    """The offset where the text turns unsafe, as far as `node` can follow it; NOWHERE if it doesn't.

    A text that leaves the grammar later on is judged by the part that could be followed.
    """
    reader = Reader(text, env)
    node.read(reader, {(0, NOWHERE)})
    reached, onset = reader.reach
    return onset if onset != NOWHERE and reached > onset else NOWHERE


def article(words: str) -> str:
    """The words with "a" or "an" before them, by the sound of their first letter."""
    vowel = words[0].lower() in "aeiouéü" and not words.lower().startswith(("uk", "uni", "use", "eu"))
    return f"{'an' if vowel else 'a'} {words}"
