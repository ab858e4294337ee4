"""A whole running SafeLens for tests, spoken to from outside, on the tests' own database and bus.

In the embedded form one process; in the production form (DATABASE_URL and REDIS_URL are set) as many web
processes and engines as a test wants. The tests' process sees the same rows, and on Redis the same bus.
"""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection

from tests import patience
from tests.client import Client
from tests.servers import with_database
from tests.site.processes import ROOT, environment


class Process:
    """Up when its line has come."""

    def __init__(self, arguments: list[str], variables: dict[str, str], log: IO[str]) -> None:
        self._log = log
        self._before = log.tell()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        watchdog = threading.Timer(patience.SECONDS, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        self._output = self.process.stdout
        self.line = self._output.readline()
        watchdog.cancel()
        assert self.line, f"{arguments} didn't start: {self.said()}"
        self._reader = threading.Thread(target=log.writelines, args=(self._output,), daemon=True)
        self._reader.start()

    def said(self) -> str:
        """What it wrote behind its line."""
        self._log.flush()
        return Path(self._log.name).read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(patience.SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join()
            self._output.close()

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024


class Live:
    """Addresses, and the processes behind them."""

    def __init__(self, data: Path, *, scripted: bool = True, **variables: str) -> None:
        """`scripted`: with the engine of `tests.scripted` instead of one that holds a model."""
        self.data = data
        self.scripted = scripted
        self.variables = self._forms() | variables
        self.webs: list[Process] = []
        self.engines: list[Process] = []
        self.log = (data / "log.txt").open("w+")

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, web: int) -> str:
        found = re.search(r"http://\S+", self.webs[web].line)
        assert found
        return found.group()

    def client(self, token: str = "", web: int = 0, **more: Any) -> Client:
        return Client(self.address(web), token=token, **more)

    def address(self, web: int = 0) -> str:
        return self.url_of(web).replace("http", "ws", 1) + "/ws/v1/"

    def start_web(self, **variables: str) -> Process:
        own_engine = self.scripted and not settings.REDIS_URL
        arguments = ["-m", "tests.scripted", "serve"] if own_engine else ["manage.py", "serve"]
        self.webs.append(self._start(arguments, variables))
        return self.webs[-1]

    def start_engine(self) -> Process | None:
        """In the production form; in the embedded one the first run starts it."""
        if not settings.REDIS_URL:
            return None
        arguments = ["-m", "tests.scripted", "engine"] if self.scripted else ["manage.py", "runengine"]
        self.engines.append(self._start(arguments, {}))
        return self.engines[-1]

    def end(self) -> None:
        for process in [*self.webs, *self.engines]:
            process.end()
        self.log.close()

    def _start(self, arguments: list[str], variables: dict[str, str]) -> Process:
        given = environment(self.data, **({"PORT": "0"} | self.variables | variables))
        return Process(arguments, given, self.log)

    def _forms(self) -> dict[str, str]:
        shared = {"SECRET_KEY": settings.SECRET_KEY, "SAFELENS_LEASE": "4"}
        if settings.DATABASE_URL:
            address = with_database(settings.DATABASE_URL, connection.settings_dict["NAME"])
            return shared | {"DATABASE_URL": address, "REDIS_URL": settings.REDIS_URL}
        # The site finds the tests' database under the name of its own.
        with contextlib.suppress(FileExistsError):
            (self.data / "safelens.sqlite3").symlink_to(connection.settings_dict["NAME"])
        return shared


@contextmanager
def live(data: Path, *, scripted: bool = True, **variables: str) -> Iterator[Live]:
    """One web process, and an engine."""
    running = Live(data, scripted=scripted, **variables)
    try:
        running.start_web()
        running.start_engine()
        yield running
    finally:
        running.end()
