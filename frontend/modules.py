"""The browser's modules: where each lies under its hashed name, so that a page never mixes two versions."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

FOLDER: Final = Path(__file__).parent / "static" / "safelens"


def names() -> list[str]:
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))


@lru_cache(maxsize=1)
def addresses() -> list[str]:
    return [static(f"safelens/{name}") for name in names()]


@lru_cache(maxsize=1)
def import_map() -> SafeString:
    """The text of `<script type="importmap">`: modules import each other by relative paths, which it maps."""
    plain = [f"/{settings.STATIC_URL.lstrip('/')}safelens/{name}" for name in names()]
    text = json.dumps({"imports": dict(zip(plain, addresses(), strict=True))}, separators=(",", ":"))
    return mark_safe(text.replace("<", "\\u003c"))  # noqa: S308  (our own file names)
