"""The browser's modules: where each lies under its hashed name, so that a page never mixes two versions."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from frontend import vendor

IMPORTS: Final = re.compile(r'(?:\bfrom|\bimport) ?"([^"]+\.js|d3-[a-z-]+)"')
FOLDER: Final = Path(__file__).parent / "static" / "safelens"


def names() -> list[str]:
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))


@lru_cache(maxsize=16)
def addresses(entry: str = "lens.js") -> list[str]:
    """Of this module and of all that it needs, other people's too: a page asks for them at once."""
    found: dict[str, None] = {}
    waiting = [f"./{entry}"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = None
        path = FOLDER / name if name.startswith("./") else vendor.path_of(name)
        waiting += IMPORTS.findall(path.read_text())
    own = [static(f"safelens/{name[2:]}") for name in found if name.startswith("./")]
    return own + [address for package, address in _vendored().items() if package in found]


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
