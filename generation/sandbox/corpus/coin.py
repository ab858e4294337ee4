"""Coined words: things nobody has heard of, so that the model learns to repeat a name and not to guess it."""

from __future__ import annotations

import random

SHARE = 0.35
"""How often a training question is about a coined thing, where its kind allows one."""

_FIRST = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "ch",
    "cl",
    "dr",
    "fl",
    "gr",
    "kl",
    "pl",
    "pr",
    "qu",
    "sh",
    "sl",
    "st",
    "th",
    "tr",
]
_MIDDLE = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou", "é", "ü", "ã"]
_LAST = [
    "",
    "",
    "",
    "b",
    "ck",
    "d",
    "g",
    "l",
    "ll",
    "m",
    "n",
    "nd",
    "nt",
    "p",
    "r",
    "rn",
    "rt",
    "s",
    "ss",
    "st",
    "t",
    "x",
    "z",
]


def word(rng: random.Random) -> str:
    """One to three syllables in small letters."""
    count = rng.choice((1, 2, 2, 3))
    syllables = [rng.choice(_FIRST) + rng.choice(_MIDDLE) + rng.choice(_LAST) for _ in range(count)]
    return "".join(syllables)


def name(rng: random.Random) -> str:
    return word(rng).capitalize()
