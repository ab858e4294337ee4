"""All kinds of question, and how often each topic comes up."""

from __future__ import annotations

import random

from . import (
    cooking,
    handiwork,
    household,
    itself,
    kitchen,
    lookalikes,
    music,
    planets,
    plants,
    smalltalk,
    travel,
    unsafe,
    weather,
)
from .grammar import Env
from .kind import Kind

SHARES: dict[str, float] = {
    "cooking": 11,
    "plants": 10,
    "weather": 8,
    "planets": 7,
    "travel": 9,
    "music": 9,
    "household": 10,
    "smalltalk": 8,
    "itself": 8,
    "lookalikes": 17,
    "unsafe": 26,
}
"""Of a hundred conversations, about how many begin with (or turn to) the topic."""

_BY_TOPIC: dict[str, tuple[Kind, ...]] = {
    "cooking": cooking.KINDS + kitchen.KINDS,
    "plants": plants.KINDS,
    "weather": weather.KINDS,
    "planets": planets.KINDS,
    "travel": travel.KINDS,
    "music": music.KINDS,
    "household": household.KINDS + handiwork.KINDS,
    "smalltalk": smalltalk.KINDS,
    "itself": itself.KINDS,
    "lookalikes": lookalikes.KINDS,
    "unsafe": unsafe.KINDS,
}
KINDS: dict[str, Kind] = {kind.name: kind for kinds in _BY_TOPIC.values() for kind in kinds}
BENIGN = tuple(topic for topic in _BY_TOPIC if topic != "unsafe")


def kinds_of(topic: str) -> tuple[Kind, ...]:
    return _BY_TOPIC[topic]


def some_kind(rng: random.Random, topics: tuple[str, ...] = tuple(_BY_TOPIC)) -> Kind:
    """A kind of question: the topic by its share, the kind by its weight."""
    topic = rng.choices(topics, [SHARES[name] for name in topics])[0]
    kinds = _BY_TOPIC[topic]
    return rng.choices(kinds, [kind.weight for kind in kinds])[0]


def companions(kind: Kind) -> tuple[Kind, ...]:
    """The kinds that can be asked next about the same thing."""
    return tuple(other for other in _BY_TOPIC[kind.topic] if other.pool is kind.pool and other.again)


def beside(kind: Kind) -> tuple[Kind, ...]:
    """The kinds of the same topic about the same things: an answer to one is on topic for all of them."""
    if len(kind.pool.train) == 1:
        return (kind,)
    return tuple(other for other in _BY_TOPIC[kind.topic] if other.pool is kind.pool)


def env_of(kind: Kind, thing: str) -> Env:
    """The environment of a thing, by the words that name it. Raises KeyError if the kind doesn't know it."""
    for env in (*kind.pool.train, *kind.pool.held):
        if env["thing"] == thing:
            return env
    raise KeyError(f"{kind.name} knows no {thing!r}.")
