"""Readers of single values from untrusted JSON, each with the words that describe what it takes.

Every reader either gives a value of exactly its type or raises `Bad` with the end of one plain sentence:
booleans are no numbers, 1.0 is no whole number, half an emoji is no text.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

MISSING_RULE = "rule"


class Missing(Enum):
    """For the fields in which leaving out and `null` mean different things."""

    MISSING = "missing"


class Bad(ValueError):
    """The end of a sentence that begins with the field's name."""


@dataclass(frozen=True, slots=True)
class Rule:
    read: Callable[[object], object]
    takes: str  # for the docs page
    meaning: str
    required: bool


def required(reader: Reader, meaning: str) -> Any:
    return dataclasses.field(metadata={MISSING_RULE: Rule(reader.read, reader.takes, meaning, True)})


def optional(reader: Reader, default: object, meaning: str) -> Any:
    rule = Rule(reader.read, reader.takes, meaning, False)
    return dataclasses.field(default=default, metadata={MISSING_RULE: rule})


@dataclass(frozen=True, slots=True)
class Reader:
    read: Callable[[object], object]
    takes: str


def characters(least: int, most: int) -> Reader:
    wanted = f"{least:,}–{most:,} characters" if least else f"at most {most:,} characters"

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Bad("must be text.")
        if not least <= len(value) <= most:
            raise Bad(f"must have {wanted.replace('–', ' to ')}.")
        if not is_whole_text(value):
            raise Bad("holds a character that is no text.")
        return value

    return Reader(read, f"text, {wanted}")


def identifier() -> Reader:
    """Any text is an id that may not exist: the look-up answers, not the parser."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Bad("must be an id, as text.")
        return value

    return Reader(read, "id")


def whole(least: int, most: int, most_in_words: str = "") -> Reader:
    shown = most_in_words or f"{most:,}"

    def read(value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Bad(f"must be a whole number from {least:,} to {shown}.")
        return value

    return Reader(read, f"whole number, {least:,} … {shown}")


def number(least: float, most: float, *, above: bool = False) -> Reader:
    wanted = f"above {least:g}, at most {most:g}" if above else f"{least:g} to {most:g}"

    def read(value: object) -> float:
        if type(value) not in (int, float):
            raise Bad("must be a number.")
        assert isinstance(value, int | float)
        if not math.isfinite(value) or not least <= value <= most or (above and value == least):
            raise Bad(f"must be a number, {wanted}.")
        return float(value)

    return Reader(read, f"number, {wanted}")


def truth() -> Reader:
    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise Bad("must be true or false.")
        return value

    return Reader(read, "`true` or `false`")


def or_null(reader: Reader) -> Reader:
    def read(value: object) -> object:
        return None if value is None else reader.read(value)

    return Reader(read, f"{reader.takes}, or `null`")


def is_whole_text(value: str) -> bool:
    """No half of a surrogate pair, and no NUL, which no database keeps in a text."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
