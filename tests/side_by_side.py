"""Plays parts of suites, several at a time: each in a pytest process of its own.

What a part prints comes whole when it has ended. Tests of processes, of databases and of a bus meet a machine
that is busy with other things: where a few failed, these get a second try when all the rest is over, and are
named for it. What is wrong is wrong at both tries.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from tests.outcome import Outcome, counted
from tests.parts import LeftOut, Part

ROOT = Path(__file__).resolve().parent.parent
FEW = 20  # so many that failed are tried again, at most
ENDING = 30.0  # seconds that a part has to tell what it knows, when it is asked to end
# tests/settings.py sees to the program's other variables; make's are for the commands that a test starts.
NOT_FROM_THE_SHELL = ("DATABASE_URL", "REDIS_URL", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")


@dataclass(slots=True)
class Played:
    """A part, and what came of it."""

    part: Part
    folder: Path
    outcome: Outcome
    began: float = 0.0
    ended: float = 0.0

    @property
    def report(self) -> Path:
        return self.folder / "report.xml"


class Player:
    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._printing = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopping = False

    def play(self, parts: Sequence[Part]) -> list[Played]:
        with tempfile.TemporaryDirectory(prefix="safelens-tests-") as folder:
            played = [
                Played(part, Path(folder) / str(number), Outcome(part.suite))
                for number, part in enumerate(parts)
            ]
            with ThreadPoolExecutor(self._at_once) as pool:
                try:
                    for done in as_completed([pool.submit(self._first_try, one) for one in played]):
                        done.result()
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)  # no other part begins
                    self._stop()
                    raise
            for one in played:
                if 0 < one.outcome.failed <= FEW:
                    self._second_try(one)
            return played

    def _first_try(self, one: Played) -> None:
        one.folder.mkdir()
        one.began = time.monotonic()
        if self._at_once == 1:
            self._say(f"\n=== {one.part.title} ===\n")
            self._run(one, None)
            return
        self._say(f"{one.part.title} begins\n")
        with (one.folder / "output.txt").open("w+b") as output:
            self._run(one, output.fileno())
            output.seek(0)
            self._say(f"\n=== {one.part.title}: {one.ended - one.began:.0f} s ===\n", output.read())

    def _second_try(self, one: Played) -> None:
        self._say(f"\n--- {one.part.title}: the tests that failed, once more ---\n")
        first = one.outcome
        status = self._run(one, None, "--last-failed", "--last-failed-no-failures=none")
        second = one.outcome
        one.outcome = first
        if status in (0, 1):
            one.outcome = replace(first, passed=first.passed + second.passed, failed=second.failed)
            if second.passed:
                self._say(f"UNSTEADY: {second.passed} passed only at the second try; mend them.\n")

    def _run(self, one: Played, output: int | None, *more: str) -> int:
        """Pytest's status; what it counted is the part's outcome."""
        cache = f"cache_dir={one.folder / 'cache'}"
        command = [
            sys.executable,
            "-m",
            "pytest",
            f"--junitxml={one.report}",
            "-o",
            cache,
            *one.part.arguments,
        ]
        one.report.unlink(missing_ok=True)
        status = 0
        try:
            with one.part.prepared() as variables:
                status = self._wait_for([*command, *more], self._environment() | variables, output)
        except LeftOut as reason:
            one.outcome = replace(one.outcome, left_out=str(reason))
        else:
            passed, failed, skipped = counted(one.report)
            if status and not failed:
                failed = 1  # it ended before it could report: an error while collecting, a crash, no test
            one.outcome = replace(one.outcome, passed=passed, failed=failed, skipped=skipped)
        one.ended = time.monotonic()
        return status

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_FROM_THE_SHELL}
        # More threads than processors would only take them from each other.
        threads = max(1, (os.cpu_count() or 1) // self._at_once)
        return kept | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": str(threads)}

    def _wait_for(self, command: list[str], environment: dict[str, str], output: int | None) -> int:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C comes to it through us, once
        )
        self._running.add(process)
        if self._stopping:
            process.send_signal(signal.SIGINT)
        status = process.wait()
        self._running.discard(process)
        return status

    def _stop(self) -> None:
        """Each part says what it knows by now, and ends."""
        self._stopping = True
        running = list(self._running)
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()

    def _say(self, words: str, output: bytes = b"") -> None:
        with self._printing:
            sys.stdout.write(words + output.decode(errors="replace"))
            sys.stdout.flush()
