"""A whole SafeLens in a process of its own, on a free port, with a data directory of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, Self

from tests import patience

ROOT = Path(__file__).resolve().parent.parent.parent
# Of the shell, or of the settings that pytest itself runs with: the site starts like a person's first.
NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "HOST", "PORT")
PASSWORD = "a lighthouse by the sea"


class Site:
    """Up when `with` is entered; asked to end, and seen to end well, when it is left."""

    def __init__(self, data: Path, serve: Sequence[str] = ("manage.py", "serve")) -> None:
        """`serve`: what Python runs to start it."""
        self.data = data
        self.serve = serve
        self.url = ""
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in NOT_INHERITED and not name.startswith("SAFELENS_")
        } | {"SAFELENS_DATA": str(data), "PORT": "0"}

    def __enter__(self) -> Self:
        self.log: IO[str] = (self.data.parent / "site.log").open("w+")
        self.process = self._start(*self.serve, stdout=subprocess.PIPE, stderr=self.log)
        assert self.process.stdout is not None
        self.output = self.process.stdout
        line = self.output.readline()
        # Mail goes to standard output too: read on, or a full pipe would stop the site.
        self.reader = Thread(target=self.log.writelines, args=(self.output,))
        self.reader.start()
        found = re.search(r"http://\S+", line)
        assert found, f"serve said {line!r} and then: {self.said()}"
        self.url = found.group()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            status = self.process.wait(patience.SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.reader.join()
            self.output.close()
            self.log.close()
        assert status == 0, self.said()

    def said(self) -> str:
        """All that it wrote after its first line."""
        return Path(self.log.name).read_text()

    def admin_password(self) -> str:
        return (self.data / "admin-password.txt").read_text().strip()

    def create_account(self, name: str, *more: str) -> None:
        """An account of PASSWORD, made by the command as an operator does."""
        self.command("manage.py", "create_account", name, "--password", PASSWORD, *more)

    def create_accounts(self, *names: str) -> None:
        """By the same command, started once for all of them."""
        each = f"for name in {names}: call_command('create_account', name, password={PASSWORD!r})"
        self.command("manage.py", "shell", "-c", f"from django.core.management import call_command\n{each}")

    @contextmanager
    def beside(self, *arguments: str) -> Iterator[None]:
        """A process on this site's data that says a line when it is ready, and ends when it is asked to."""
        process = self._start(*arguments, stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process:
            try:
                assert process.stdout.readline()
                yield
            finally:
                process.terminate()
                process.communicate(timeout=patience.SECONDS)

    def command(self, *arguments: str) -> None:
        """To its end, on this site's data."""
        command = self._start(*arguments, stdout=subprocess.PIPE)
        output, _ = command.communicate(timeout=patience.SECONDS)
        assert command.returncode == 0, output

    def _start(self, *arguments: str, stdout: int, stderr: IO[str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr or subprocess.STDOUT,
            text=True,
        )
