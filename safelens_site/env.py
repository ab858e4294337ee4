"""Readers of environment variables.

Each reader registers its variable in `TABLE` (from which the README's table is made) and promises one thing:
a value that it can't read stops the start with one sentence on standard error, exit status 1, no traceback.
An empty value counts as not set, because compose files pass variables on like that.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    expected: str
    default: str
    help: str
    from_file: bool = False


TABLE: dict[str, Variable] = {}

UNITS = {"": 1, "B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class Unreadable(SystemExit):
    """Ends the process through whatever started it (manage.py, Daphne, Celery) with its sentence alone."""


def stop(sentence: str) -> NoReturn:
    raise Unreadable(f"SafeLens can't start: {sentence}")


def _refuse(name: str, expected: str, found: str | None = None) -> NoReturn:
    shown = "" if found is None else f", not {found[:60]!r}"
    stop(f"{name} must be {expected}{shown}.")


def _raw(name: str, expected: str, default: str, help: str) -> str:
    TABLE[name] = Variable(name, expected, default, help)
    return os.environ.get(name, "").strip()


def text(name: str, default: str = "", *, help: str, shown: str | None = None) -> str:
    return _raw(name, "text", default if shown is None else shown, help) or default


def secret(name: str, default: str = "", *, help: str, expected: str = "text", shown: str = "") -> str:
    """The value of NAME, or the contents of the file that NAME_FILE names. Never repeated in a message."""
    value = _raw(name, expected, shown, help)
    TABLE[name] = Variable(name, expected, shown, help, from_file=True)
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return value or default
    if value:
        stop(f"set either {name} or {name}_FILE, not both.")
    try:
        return Path(path).read_text(encoding="utf-8").strip() or default
    except (OSError, ValueError):
        _refuse(f"{name}_FILE", "the path of a readable text file", path)


def boolean(name: str, default: bool, *, help: str, shown: str | None = None) -> bool:
    value = _raw(name, "yes or no", shown or ("yes" if default else "no"), help).lower()
    if value and value not in YES + NO:
        _refuse(name, "yes or no", value)
    return value in YES if value else default


def integer(name: str, default: int, low: int, high: int, *, help: str) -> int:
    expected = f"a whole number from {low} to {high}"
    value = _raw(name, expected, str(default), help)
    return _integer(name, value, low, high, expected) if value else default


def integer_or_auto(name: str, low: int, high: int, *, help: str) -> int | None:
    """A number, or None for `auto`, the default."""
    expected = f"auto, or a whole number from {low} to {high}"
    value = _raw(name, expected, "auto", help)
    return None if value in ("", "auto") else _integer(name, value, low, high, expected)


def _integer(name: str, value: str, low: int, high: int, expected: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", value) or not low <= int(value) <= high:
        _refuse(name, expected, value)
    return int(value)


def size(name: str, default: str, *, help: str) -> int:
    """Bytes, written as a number with or without a unit: `1073741824`, `1 GiB`, `500MB`."""
    expected = "a size such as 512 MiB or 4 GiB"
    value = _raw(name, expected, default, help) or default
    found = re.fullmatch(r"([0-9]{1,15}) ?([A-Z]{0,3})", value.upper())
    if found is None or found[2] not in UNITS:
        _refuse(name, expected, value)
    return int(found[1]) * UNITS[found[2]]


def choice(name: str, default: str, options: Sequence[str], *, help: str) -> str:
    expected = f"one of {', '.join(options)}"
    value = _raw(name, expected, default, help) or default
    if value not in options:
        _refuse(name, expected, value)
    return value


def matching(name: str, default: str, pattern: str, expected: str, *, help: str) -> str:
    value = _raw(name, expected, default, help) or default
    if not re.fullmatch(pattern, value):
        _refuse(name, expected, value)
    return value


def listing(name: str, default: Sequence[str] = (), *, help: str) -> list[str]:
    value = _raw(name, "a list with commas", ",".join(default), help)
    return [item.strip() for item in value.split(",") if item.strip()] if value else list(default)


def url(name: str, default: str, schemes: Sequence[str], *, help: str, shown: str | None = None) -> str:
    expected = f"an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    value = _raw(name, expected, default if shown is None else shown, help) or default
    if value and not is_url(value, schemes):
        _refuse(name, expected, value)
    return value.rstrip("/")


def secret_url(name: str, schemes: Sequence[str], *, help: str) -> str:
    """An address that may hold a password: read like a secret, never repeated in a message."""
    expected = f"an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    value = secret(name, help=help, expected=expected)
    if value and not is_url(value, schemes):
        _refuse(name, expected)
    return value


def is_url(value: str, schemes: Sequence[str]) -> bool:
    """Whether it has one of the schemes, a host (or a socket's path in its query), and a possible port."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname or parts.query) and parts.port != 0
    except ValueError:
        return False
