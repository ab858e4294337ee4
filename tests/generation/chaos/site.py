"""A site with a small real model, whose processes and servers a test takes away and gives back.

In the production form two web processes and two engines, with a door in front of PostgreSQL and of Redis; in
the embedded form one process.
"""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from tests import patience
from tests.generation.chaos.nursery import Child, Nursery
from tests.proxy import Proxy
from tests.servers import with_database
from tests.tiny import tiny_llama_dir

LEASE = 2  # seconds
GRACE = 3  # seconds, of which an engine keeps what it takes to record
ENDING = patience.SECONDS  # that a process has after SIGTERM; who ends in time is another test's question


class Site:
    def __init__(self, data: Path, stack: ExitStack, places: int) -> None:
        variables = {
            "PORT": "0",
            "SECRET_KEY": settings.SECRET_KEY,
            "SAFELENS_MODEL": str(tiny_llama_dir(data / "tiny")),
            "SAFELENS_LEASE": str(LEASE),
            "SAFELENS_GRACE": str(GRACE),
            "SAFELENS_MAX_RUNS": str(places),
        }
        self.production = bool(settings.REDIS_URL)
        self.database = self.redis = None
        if self.production:
            database = with_database(settings.DATABASE_URL, connection.settings_dict["NAME"])
            self.database, variables["DATABASE_URL"] = _behind_a_door(database, 5432, stack)
            self.redis, variables["REDIS_URL"] = _behind_a_door(settings.REDIS_URL, 6379, stack)
        else:
            (data / "safelens.sqlite3").symlink_to(connection.settings_dict["NAME"])
        self.nursery = Nursery(data, variables)
        stack.callback(self.nursery.close)
        several = 2 if self.production else 1
        self.webs = [self.nursery.start("serve") for _ in range(several)]
        self.engines = [self.nursery.start("runengine") for _ in range(several if self.production else 0)]

    def address(self, web: int) -> str:
        return self._url(web).replace("http", "ws", 1) + "/ws/v1/"

    def missing(self, web: int = 0) -> list[str]:
        """What `/readyz` says doesn't answer."""
        try:
            with urllib.request.urlopen(self._url(web) + "/readyz", timeout=patience.SECONDS) as answer:  # noqa: S310
                said = json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                said = json.load(refusal)
        found: list[str] = said["missing"]
        return found

    def replace(self, processes: list[Child], at: int, number: int) -> None:
        """Ends the process and starts another in its place."""
        self.end(processes, at, number)
        self.start(processes, at)

    def end(self, processes: list[Child], at: int, number: int) -> None:
        processes[at].end(number, ENDING)

    def start(self, processes: list[Child], at: int) -> None:
        processes[at] = self.nursery.start("serve" if processes is self.webs else "runengine")

    def stop(self) -> None:
        for process in [*self.webs, *self.engines]:
            process.end(signal.SIGTERM, ENDING)

    def _url(self, web: int) -> str:
        found = re.search(r"http://\S+", self.webs[web].line)
        assert found
        return found.group()


def _behind_a_door(url: str, usual: int, stack: ExitStack) -> tuple[Proxy, str]:
    parts = urlsplit(url)
    door = stack.enter_context(Proxy(parts.hostname or "127.0.0.1", parts.port or usual))
    who, _, _ = parts.netloc.rpartition("@")
    place = f"127.0.0.1:{door.port}"
    return door, parts._replace(netloc=f"{who}@{place}" if who else place).geturl()


@contextmanager
def disturbed(data: Path, places: int = 16) -> Iterator[Site]:
    """`places`: how many runs an engine has in its batch."""
    with ExitStack() as stack:
        yield Site(data, stack, places)
