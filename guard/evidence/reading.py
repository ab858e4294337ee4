"""Reads JSON that somebody else wrote: every field is there, of its type, finite and of bounded size."""

from __future__ import annotations

import json
import math
from typing import Any

from guard.evidence.refused import ArtifactRefused

MOST_TEXT = 2_000  # characters of a single text
MOST_ITEMS = 1_000  # of a list


def parse(data: bytes, most: int) -> Fields:
    if len(data) > most:
        raise ArtifactRefused("The card of this guard is too large.")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_not_a_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ArtifactRefused("The card of this guard can't be read.") from error
    return Fields(value, "card")


def _not_a_number(_text: str) -> float:
    raise ValueError("not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field stands there twice")
    return dict(pairs)


class Fields:
    """An object of the card. Each reader raises ArtifactRefused that names the field."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise ArtifactRefused(f"The card of this guard is wrong at “{where}”.")
        self._value, self._where = value, where

    def wrong(self, name: str) -> ArtifactRefused:
        return ArtifactRefused(f"The card of this guard is wrong at “{self._path(name)}”.")

    def _path(self, name: str) -> str:
        return name if self._where == "card" else f"{self._where}.{name}"

    def _get(self, name: str) -> Any:
        if name not in self._value:
            raise ArtifactRefused(f"The card of this guard lacks “{self._path(name)}”.")
        return self._value[name]

    def known(self, *names: str) -> None:
        """A field nobody knows may change what a guard means, so it is refused, not ignored."""
        if set(self._value) - set(names):
            raise ArtifactRefused(f"The card of this guard has a field at “{self._where}” that isn't known.")

    def text(self, name: str, most: int = MOST_TEXT) -> str:
        value = self._get(name)
        if not isinstance(value, str) or len(value) > most or not value.isprintable():
            raise self.wrong(name)
        return value

    def maybe_text(self, name: str) -> str | None:
        return None if self._get(name) is None else self.text(name)

    def whole(self, name: str, least: int = 0, most: int = 1 << 53) -> int:
        return self._whole(name, self._get(name), least, most)

    def wholes(self, name: str, least: int, most: int) -> tuple[int, ...]:
        return tuple(self._whole(name, item, least, most) for item in self._list(name))

    def _whole(self, name: str, value: Any, least: int, most: int) -> int:
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(name)
        return value

    def number(self, name: str) -> float:
        value = self._get(name)
        if type(value) not in (int, float) or abs(value) > 1e300 or not math.isfinite(value):
            raise self.wrong(name)
        return float(value)

    def maybe_number(self, name: str) -> float | None:
        return None if self._get(name) is None else self.number(name)

    def part(self, name: str) -> Fields:
        return Fields(self._get(name), self._path(name))

    def parts(self, name: str) -> list[Fields]:
        return [Fields(item, self._path(name)) for item in self._list(name)]

    def texts(self, name: str) -> tuple[str, ...]:
        items = self._list(name)
        if not all(isinstance(item, str) and len(item) <= MOST_TEXT for item in items):
            raise self.wrong(name)
        return tuple(items)

    def _list(self, name: str) -> list[Any]:
        value = self._get(name)
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise self.wrong(name)
        return value
