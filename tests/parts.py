"""What the suites of pytest consist of: parts that know nothing of each other and run side by side.

Each part is one pytest process with whatever it needs for itself: a database, a bus, a site. A folder that no
part names belongs to its suite's last part, so none is ever left out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import servers
from tests.browser import chromium

ROOT = Path(__file__).resolve().parent.parent
# Folders whose tests touch neither database nor bus: they run in the first suite alone.
ONCE = (
    "tests/deploy",
    "tests/documents",
    "tests/generation/engine",
    "tests/generation/sandbox",
    "tests/generation/text",
)
COMPUTING = ("tests/generation/engine", "tests/generation/sandbox", "tests/generation/text")
CHAOS, SOCKETS = OF_PROCESSES = ("tests/generation/chaos", "tests/generation/socket")


class LeftOut(Exception):
    """A suite can't be run here; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Part:
    suite: str
    name: str
    arguments: tuple[str, ...]
    # What it needs, there while it is entered, as variables for its process. May raise LeftOut.
    prepared: Callable[[], AbstractContextManager[dict[str, str]]]
    share: int  # of the time that all take: what takes longest begins first

    @property
    def title(self) -> str:
        return f"{self.suite}: {self.name}"


@contextmanager
def nothing() -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def database_and_bus() -> Iterator[dict[str, str]]:
    try:
        with servers.postgresql() as database, servers.empty_redis() as bus:
            yield {"DATABASE_URL": database, "REDIS_URL": bus}
    except servers.NoServer as reason:
        raise LeftOut(str(reason)) from reason


_getting_chromium = threading.Lock()


@contextmanager
def a_chromium() -> Iterator[dict[str, str]]:
    with _getting_chromium:
        path = chromium.find() or chromium.install()
    if path is None:
        raise LeftOut(chromium.MISSING)
    yield {chromium.VARIABLE: str(path)}


@contextmanager
def everything() -> Iterator[dict[str, str]]:
    with a_chromium() as browser, database_and_bus() as addresses:
        yield browser | addresses


def _but(*folders: str) -> tuple[str, ...]:
    return ("tests", *(f"--ignore={folder}" for folder in folders))


def embedded() -> list[Part]:
    return [
        Part("embedded", "processes", OF_PROCESSES, nothing, 18),
        Part("embedded", "computing", COMPUTING, nothing, 19),
        Part("embedded", "the rest", _but(*OF_PROCESSES, *COMPUTING), nothing, 25),
    ]


def production() -> list[Part]:
    several = ("-m", "not once")
    return [
        Part("production", "chaos", (CHAOS, *several), database_and_bus, 22),
        Part("production", "sockets", (SOCKETS, *several), database_and_bus, 44),
        Part("production", "the rest", (*_but(*OF_PROCESSES, *ONCE), *several), database_and_bus, 25),
    ]


def browser() -> list[Part]:
    files = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tests" / "browser").glob("test_*.py"))
    return [
        Part("browser", "one half", tuple(files[::2]), a_chromium, 33),
        Part("browser", "the other half", tuple(files[1::2]), a_chromium, 33),
    ]


def stories() -> list[Part]:
    """What people do first of all, in the other form too: one view is enough to see that."""
    names = ("lens", "tree", "compare", "replay", "sharing")
    files = (f"tests/browser/test_{name}.py" for name in names)
    return [Part("stories", "in one view", (*files, "-k", "1440-light"), everything, 15)]
