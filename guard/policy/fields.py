"""Reads JSON objects strictly: each mistake is named by its field, and nothing unknown is passed over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from guard.policy.broken import SpecBroken


class Fields:
    """The fields of one object. Each is read once; `close` refuses what is left."""

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise SpecBroken(path, "This has to be an object with fields.")
        self._left = dict(value)
        self._path = path

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def close(self) -> None:
        for name in self._left:
            raise SpecBroken(self.path(str(name))[:80], "There is no such field.")

    def fail(self, name: str, sentence: str) -> SpecBroken:
        return SpecBroken(self.path(name), sentence)

    def take(self, name: str, default: Any) -> Any:
        return self._left.pop(name, default)

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fail(name, "This has to be a number.")
        if not least <= value <= most:
            raise self.fail(name, f"This has to lie between {least:g} and {most:g}.")
        return float(value)

    def maybe(self, name: str, least: float, most: float) -> float | None:
        if self._left.get(name) is None:
            self._left.pop(name, None)
            return None
        return self.number(name, 0.0, least, most)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(name, "This has to be a whole number.")
        if not least <= value <= most:
            raise self.fail(name, f"This has to lie between {least} and {most}.")
        return value

    def maybe_whole(self, name: str, least: int, most: int) -> int | None:
        if self._left.get(name) is None:
            self._left.pop(name, None)
            return None
        return self.whole(name, least, least, most)

    def yes(self, name: str, default: bool) -> bool:
        value = self.take(name, default)
        if not isinstance(value, bool):
            raise self.fail(name, "This has to be true or false.")
        return value

    def text(self, name: str, default: str, most: int, *, empty: bool = False) -> str:
        value = self.take(name, default)
        if not isinstance(value, str):
            raise self.fail(name, "This has to be a text.")
        if not (empty or value.strip()):
            raise self.fail(name, "This may not be empty.")
        if len(value) > most:
            raise self.fail(name, f"This may have at most {most} characters.")
        if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise self.fail(name, "This holds half a character.")
        return value

    def choice(self, name: str, default: str, among: Sequence[str]) -> str:
        value = self.take(name, default)
        if not isinstance(value, str) or value not in among:
            raise self.fail(name, f"This has to be one of {', '.join(among)}.")
        return value

    def rows(self, name: str, default: Sequence[Any], most: int) -> list[Fields]:
        value = self.take(name, default)
        if not isinstance(value, list | tuple):
            raise self.fail(name, "This has to be a list.")
        if not 1 <= len(value) <= most:
            raise self.fail(name, f"This needs at least one entry, and at most {most}.")
        return [Fields(row, f"{self.path(name)}.{place}") for place, row in enumerate(value)]
