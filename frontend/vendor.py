"""Other people's browser code: from node_modules, pinned by package-lock.json, served from our own origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PREFIX: Final = "vendor"
MODULES: Final = (  # which the browser's modules import by their package's name
    "d3-array",
    "d3-color",
    "d3-dispatch",
    "d3-drag",
    "d3-ease",
    "d3-format",
    "d3-hierarchy",
    "d3-interpolate",
    "d3-path",
    "d3-scale",
    "d3-selection",
    "d3-shape",
    "d3-time",
    "d3-time-format",
    "d3-timer",
    "d3-transition",
    "d3-zoom",
)
FILES: Final = {  # package: the one file of it that a page asks for, in the package
    **{package: f"dist/{package}.min.mjs" for package in MODULES},
    "htmx.org": "dist/htmx.min.js",
}


def path_of(package: str) -> Path:
    return Path(settings.BASE_DIR) / "node_modules" / package / FILES[package]


def missing() -> list[str]:
    return [package for package in FILES if not path_of(package).is_file()]


class Finder(BaseFinder):
    """Finds these files and no others of node_modules."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._storages = {package: _storage(path_of(package).parent) for package in FILES}

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        paths = [
            str(path_of(package))
            for package in FILES
            if path == f"{PREFIX}/{path_of(package).name}" and path_of(package).is_file()
        ]
        return paths if find_all else next(iter(paths), [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for package, storage in self._storages.items():
            if path_of(package).is_file():
                yield path_of(package).name, storage


def _storage(folder: Path) -> FileSystemStorage:
    storage = FileSystemStorage(location=folder)
    storage.prefix = PREFIX  # type: ignore[attr-defined]  # what collectstatic puts before the name
    return storage
