"""Real `manage.py` processes that are up within milliseconds, so that a test can kill many.

Each is forked from one that has imported the program and begun nothing: no connection, no event loop, no
thread. From there on it is a process like any other, with its own signals and its own end.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

from tests import patience
from tests.site.processes import ROOT, environment

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Child:
    """A command that runs; `line` is the one that it prints when it is ready."""

    def __init__(self, pid: int, output: IO[str]) -> None:
        self.pid = pid
        self._output = output
        self._handle = os.pidfd_open(pid)
        self.line = output.readline()
        assert self.line, "A process ended before it was ready."

    def signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._handle, number)

    def end(self, number: int, seconds: float) -> None:
        """Fails if it isn't gone in time."""
        self.signal(number)
        gone, _, _ = select.select([self._handle], [], [], seconds)
        assert gone, f"A process lives on {seconds} s after signal {number}."
        self.close()

    def close(self) -> None:
        """Lets go of it."""
        if not self._output.closed:
            os.close(self._handle)
            self._output.close()


class Nursery:
    """All its children have one environment, and write what they complain of into one log."""

    def __init__(self, data: Path, variables: dict[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line = ours
        self._children: list[Child] = []
        self.log = data / "log.txt"
        with self.log.open("a") as log, theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                env=environment(data, **variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
            )
        ours.settimeout(patience.SECONDS)
        assert ours.recv(100) == b"ready", self.log.read_text()

    def start(self, command: str) -> Child:
        reading, writing = os.pipe()
        socket.send_fds(self._line, [command.encode()], [writing])
        os.close(writing)
        child = Child(int(self._line.recv(100)), os.fdopen(reading))
        self._children.append(child)
        return child

    def close(self) -> None:
        """Whoever is still alive dies with it."""
        self._line.close()
        self._process.wait(patience.SECONDS)
        for child in self._children:
            child.close()


def _serve(line: socket.socket) -> None:
    import django

    django.setup()
    import transformers.models.llama.modeling_llama  # noqa: F401

    import generation.worker.making  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave nothing behind
    line.send(b"ready")
    while True:
        command, handles, _, _ = socket.recv_fds(line, 100, 1)
        if not command:
            return
        pid = os.fork()
        if pid == 0:
            line.close()
            _become(command.decode(), *handles)
        os.close(handles[0])
        line.send(str(pid).encode())


def _become(command: str, output: int) -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(output, 1)
    os.close(output)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", command])
    sys.exit(0)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelens_site.settings"
    _serve(socket.socket(fileno=int(sys.argv[1])))
