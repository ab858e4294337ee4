"""Real processes append at once, and one is killed in the middle: one chain, and nothing told is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from django.conf import settings
from django.db import connection

from guard.audit.models import Entry
from guard.audit.verification import verify
from tests import patience
from tests.servers import with_database
from tests.site.processes import ROOT, environment

MANY, TIMES = 2, 25
ENDLESS = 10**9


def start(data: Path, name: str, times: int) -> subprocess.Popen[str]:
    variables = {"SECRET_KEY": settings.SECRET_KEY, "DJANGO_SETTINGS_MODULE": "safelens_site.settings"}
    if connection.vendor == "postgresql":
        variables["DATABASE_URL"] = with_database(settings.DATABASE_URL, connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.guard.audit.appending", name, str(times)],
        cwd=ROOT,
        env=environment(data, **variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


@pytest.mark.django_db(transaction=True)
def test_processes_do_not_fork_it(tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        (tmp_path / "safelens.sqlite3").symlink_to(connection.settings_dict["NAME"])
    victim = start(tmp_path, "victim", ENDLESS)
    others = [start(tmp_path, f"writer {number}", TIMES) for number in range(MANY)]
    try:
        for process in [victim, *others]:
            assert output(process).readline() == "ready\n"
        for process in [victim, *others]:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [output(victim).readline() for _ in range(5)]
        victim.kill()
        for process in [victim, *others]:
            # To the end, by the same reader: it holds more than the line that it gave.
            told += output(process).readlines()
            process.wait(patience.SECONDS)
    finally:
        for process in [victim, *others]:
            process.kill()
            process.communicate()
    numbers = [int(line) for line in told if line.endswith("\n")]
    kept = list(Entry.objects.order_by("seq").values_list("seq", flat=True))
    assert kept == list(range(1, len(kept) + 1))
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= set(kept)
    assert len(kept) - len(numbers) <= 2  # the victim's last pair was kept, and it couldn't tell any more
    for number in range(MANY):
        assert Entry.objects.filter(actor=f"writer {number}").count() == 2 * TIMES
    assert verify().problem == ""
