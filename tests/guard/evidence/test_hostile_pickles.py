"""Pickles that mean harm: refused with a sentence, and nothing of them ever runs."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from guard.evidence.artifact import Home
from guard.evidence.pickled import confinement
from guard.evidence.pickled import convert as converting
from guard.evidence.pickled.arrays import Unreadable
from guard.evidence.pickled.convert import convert
from guard.evidence.pickled.estimators import find
from guard.evidence.pickled.machine import Machine
from guard.evidence.refused import ArtifactRefused
from tests.guard.evidence.pickles import WIDTH, broken, hostile, stack_global, trained

pytestmark = pytest.mark.once
HOME = Home("tiny", "f" * 32, WIDTH, 4, None)


@pytest.mark.parametrize("how", sorted(hostile("true")))
def test_what_means_harm_is_refused_and_never_runs(tmp_path: Path, how: str) -> None:
    mark = tmp_path / "ran"
    file = tmp_path / "a.pkl"
    file.write_bytes(hostile(f"touch {mark}")[how])
    with file.open("rb") as stream, pytest.raises(Unreadable):
        Machine(stream).run()
    assert not mark.exists()


@pytest.mark.parametrize("how", ["os.system", "in an attribute", "stack global by memo", "a second pickle"])
def test_the_command_s_way_refuses_it_too(tmp_path: Path, how: str) -> None:
    mark = tmp_path / "ran"
    file = tmp_path / "a.pkl"
    file.write_bytes(hostile(f"touch {mark}")[how])
    with pytest.raises(ArtifactRefused) as refused:
        convert(file, "mine", HOME, 2)
    assert len(str(refused.value)) < 300
    assert str(tmp_path) not in str(refused.value)
    assert not mark.exists()


def test_the_files_would_do_harm_if_they_were_unpickled(tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    mark = tmp_path / "ran"
    for how in ("os.system", "eval", "in an attribute", "among the weights", "protocol 0", "inst"):
        data = hostile(f"touch {mark}")[how]
        subprocess.run(
            [sys.executable, "-c", "import pickle, sys; pickle.load(sys.stdin.buffer)"],
            input=data,
            check=False,
            stderr=subprocess.DEVNULL,
        )
        assert mark.exists(), how
        mark.unlink()


@pytest.mark.parametrize("how", sorted(broken()))
def test_what_is_damaged_or_too_much_is_refused(tmp_path: Path, how: str) -> None:
    file = tmp_path / "a.pkl"
    file.write_bytes(broken()[how])
    with file.open("rb") as stream, pytest.raises(Unreadable):
        find(Machine(stream).run())


@pytest.mark.parametrize("how", ["deep lists", "huge memo", "huge length", "cut at 60 %", "empty"])
def test_the_command_s_way_survives_it_too(tmp_path: Path, how: str) -> None:
    file = tmp_path / "a.pkl"
    file.write_bytes(broken()[how])
    with pytest.raises(ArtifactRefused):
        convert(file, "mine", HOME, 2)


def test_every_byte_may_be_wrong() -> None:
    """One changed byte at a time, all over a real file: refused or read, never anything else."""
    good = pickle.dumps(trained("logistic", scaled=True))
    refused = 0
    for at in range(0, len(good), 3):
        for value in (0x00, 0x52, 0x62, 0x63, 0x93, 0xFF):
            try:
                find(Machine(io.BytesIO(good[:at] + bytes([value]) + good[at + 1 :])).run())
            except Unreadable:
                refused += 1
    assert refused > 500


def test_a_sentence_never_repeats_a_hostile_name_whole() -> None:
    name = b"<script>\n\x1b[2J" + b"x" * 200
    with pytest.raises(Unreadable) as refused:
        Machine(io.BytesIO(stack_global(b"evil", name))).run()
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "MOST_BYTES", 1 << 20)
    (tmp_path / "a.pkl").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(ArtifactRefused, match="larger than"):
        convert(tmp_path / "a.pkl", "mine", HOME, 2)


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "WAIT", 0.05)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(trained("logistic")))
    with pytest.raises(ArtifactRefused, match="too long"):
        convert(tmp_path / "a.pkl", "mine", HOME, 2)


TRIES = {
    "a socket": "import socket; socket.socket()",
    "a program": "import os; os.execv('/bin/true', ['true'])",
    "a process": "import os; os.fork()",
    "a file": "open('/etc/hostname')",
    "a new file": "open('/tmp/never', 'w')",
    "a removed file": "import os; os.unlink('/etc/hostname')",
}


@pytest.mark.parametrize("audited", [True, False], ids=["with the hook", "by the kernel alone"])
@pytest.mark.parametrize("what", sorted(TRIES))
def test_a_confined_process_can_do_nothing(what: str, audited: bool) -> None:
    without = "" if audited else "c._hook = lambda *_: None; "
    code = (
        "import os, socket, sys; from guard.evidence.pickled import confinement as c; "
        f"{without}print(*c.confine(), flush=True)\n"
        f"try:\n    {TRIES[what]}\nexcept PermissionError: print('refused', flush=True)\n"
        "else: print('done', flush=True)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    held, _, result = out.partition("\n")
    assert "limits" in held
    assert "audit" in held
    if audited or "calls" in held.split():
        assert result == "refused\n"
    assert confinement.SECONDS == 60
