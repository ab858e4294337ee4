"""The browser's modules: where each lies under its hashed name, so that a page never mixes two versions."""

from __future__ import annotations

import json
import posixpath
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from frontend import vendor

# Not those of a comment's `@import`, which are types alone.
IMPORTS: Final = re.compile(r'(?<![@\w$.])(?:import|export)\s*(?:\{[^}]*\}\s*from\s*)?"([^"]+)"')
FOLDER: Final = Path(__file__).parent / "static" / "safelens"


def names() -> list[str]:
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))


def path_of(name: str) -> Path:
    """Of a module of ours by its path (`tokens/tokens.js`), of others by the package's name."""
    return FOLDER / name if name.endswith(".js") else vendor.path_of(name)


def resolved(importer: str, wanted: str) -> str:
    """The name of what a module asks for by its relative path; a package's name is its own."""
    if not wanted.startswith("."):
        return wanted
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), wanted))


@lru_cache(maxsize=16)
def addresses(entry: str = "lens/lens.js") -> list[str]:
    """Of this module and of all that it needs, other people's too: a page asks for them at once."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = None
        waiting += [resolved(name, wanted) for wanted in IMPORTS.findall(path_of(name).read_text())]
    own = [static(f"safelens/{name}") for name in found if name.endswith(".js")]
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
