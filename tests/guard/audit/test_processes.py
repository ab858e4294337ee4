"""Real processes append at once, and one is killed in the middle: one chain, and nothing told is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from guard.audit.models import Entry
from guard.audit.verification import verify
from tests.servers import with_database
from tests.site.processes import ROOT, environment

MANY, TIMES = 3, 25


def start(data: Path, name: str) -> subprocess.Popen[str]:
    variables = {"SECRET_KEY": settings.SECRET_KEY, "DJANGO_SETTINGS_MODULE": "safelens_site.settings"}
    if connection.vendor == "postgresql":
        variables["DATABASE_URL"] = with_database(settings.DATABASE_URL, connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.guard.audit.appending", name, str(TIMES)],
        cwd=ROOT,
        env=environment(data, **variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_processes_do_not_fork_it(tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        (tmp_path / "safelens.sqlite3").symlink_to(connection.settings_dict["NAME"])
    processes = [start(tmp_path, f"writer {number}") for number in range(MANY)]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        victim = processes[0]
        assert victim.stdout is not None
        told = [int(victim.stdout.readline()) for _ in range(5)]
        victim.kill()
        answers = [process.communicate(timeout=60)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    numbers = sorted(told + [int(line) for answer in answers for line in answer.split("\n")[:-1]])
    kept = list(Entry.objects.order_by("seq").values_list("seq", flat=True))
    assert kept == list(range(1, len(kept) + 1))
    assert set(numbers) <= set(kept)
    assert len(kept) - len(numbers) <= 2  # the victim's last pair was kept, and it couldn't tell any more
    assert Entry.objects.filter(actor="writer 1").count() == 2 * TIMES
    assert verify().problem == ""
