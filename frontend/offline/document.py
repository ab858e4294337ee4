"""A study as one HTML file: its answers play in it without the site, and it asks nobody for anything.

All that a person or a model wrote is in it as JSON, which nothing takes for HTML. Its policy allows the two
scripts and the style that it holds, by their hashes, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import orjson
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from frontend.modules import FOLDER, path_of, resolved
from frontend.offline.bundle import NotBundled, bundle
from generation.outline import OutlineJson
from generation.sharing import whole

SHEETS: Final = (
    "page/site.css",
    "lens/lens.css",
    "tokens/tokens.css",
    "popover/popover.css",
    "sharing/sharing.css",
    "replay/replay.css",
)
PICTURES: Final = re.compile(r'url\("([\w.-]+\.svg)"\)')
PLACE: Final = (
    "<!-- what was taken along -->"  # in the template; no text of a person's can hold it, for it is escaped
)
# JSON that stays JSON in HTML, and in whatever else somebody puts the file into.
ESCAPES: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def pieces(outline: OutlineJson) -> Iterator[str]:
    """The file's text, an answer at a time: a large study needs little memory."""
    alternatives = whole.alternatives(outline)
    script, theme, style, icon = parts()
    context = {
        "outline": outline,
        "taken": timezone.now(),
        "alternatives": alternatives,
        "policy": policy(script, theme, style),
        "script": mark_safe(script),  # noqa: S308  (our own files, which hold no end of a script)
        "theme": mark_safe(theme),  # noqa: S308
        "style": mark_safe(style),  # noqa: S308
        "icon": mark_safe(icon),  # noqa: S308
    }
    head, tail = render_to_string("offline.html", context).split(PLACE)
    yield head
    yield _data("outline", [_json(outline)])
    for run in outline["runs"]:
        yield _data(f"run-{run['id']}", ["[", ",".join(map(_json, whole.messages(run, alternatives))), "]"])
    yield tail


def name_of(outline: OutlineJson) -> str:
    """What the file is called on somebody's disk: plain letters alone."""
    title = slugify(outline["title"])[:60].strip("-") or "study"
    return f"safelens-{title}-{timezone.localdate():%Y-%m-%d}.html"


def policy(script: str, theme: str, style: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)} {_hash(theme)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


@lru_cache(maxsize=1)
def parts() -> tuple[str, str, str, str]:
    """Script, theme, style and icon: the same for every file."""
    theme = path_of("page/theme.js").read_text()
    style = "\n".join(map(_sheet, SHEETS))
    if "</" in theme + style or re.search(r'url\((?!"data:)|@import', style):
        raise NotBundled("A style sheet or the theme asks for something that can't be taken along.")
    return bundle("sharing/file.js"), theme, style, _picture("page/icon.svg")


def _sheet(name: str) -> str:
    """With its pictures in it, which lie beside it."""
    return PICTURES.sub(
        lambda found: f'url("{_picture(resolved(name, f"./{found[1]}"))}")', (FOLDER / name).read_text()
    )


def _picture(name: str) -> str:
    drawn = base64.b64encode((FOLDER / name).read_bytes()).decode()
    return f"data:image/svg+xml;base64,{drawn}"


def _hash(text: str) -> SafeString:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return SafeString(f"'sha256-{digest}'")


def _json(value: Any) -> str:
    text = orjson.dumps(value).decode()
    for character, escaped in ESCAPES.items():
        text = text.replace(character, escaped)
    return text


def _data(name: str, text: list[str]) -> str:
    return f'<script type="application/json" id="{name}">{"".join(text)}</script>\n'
