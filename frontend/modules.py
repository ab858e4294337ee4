"""The browser's modules: where each lies under its hashed name, so that a page never mixes two versions."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from frontend import vendor

FOLDER: Final = Path(__file__).parent / "static" / "safelens"


def names() -> list[str]:
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))


@lru_cache(maxsize=1)
def addresses() -> list[str]:
    """Of all modules, other people's too: a page may ask for them before one of them names the next."""
    return [*_own().values(), *_vendored().values()]


@lru_cache(maxsize=1)
def import_map() -> SafeString:
    """The text of `<script type="importmap">`.

    Our modules import each other by relative paths, which it maps, and other people's by the package's name.
    """
    text = json.dumps({"imports": {**_own(), **_vendored()}}, separators=(",", ":"))
    return mark_safe(text.replace("<", "\\u003c"))  # noqa: S308  (our own file names)


def _own() -> dict[str, str]:
    root = settings.STATIC_URL.lstrip("/")
    return {f"/{root}safelens/{name}": static(f"safelens/{name}") for name in names()}


def _vendored() -> dict[str, str]:
    return {package: static(f"{vendor.PREFIX}/{vendor.path_of(package).name}") for package in vendor.MODULES}
