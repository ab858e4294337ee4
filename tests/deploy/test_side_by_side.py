"""`tests.side_by_side`: parts that run beside each other, what they print, and their second try."""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests import outcome, parts, patience, side_by_side
from tests.parts import LeftOut, Part
from tests.side_by_side import Player

ROOT = Path(__file__).resolve().parent.parent.parent
MEETING = """
import pathlib, time
def test_it_meets_the_other():
    pathlib.Path(r"{mine}").touch()
    until = time.monotonic() + {seconds}
    while not pathlib.Path(r"{theirs}").exists():
        assert time.monotonic() < until
        time.sleep(0.01)
"""
SHAKY = """
import pathlib
def test_it_passes_the_second_time():
    there = pathlib.Path(r"{mark}")
    was_there = there.exists()
    there.touch()
    assert was_there
def test_another():
    pass
"""
HANGING = """
import pathlib, threading
def test_it_fails():
    raise AssertionError("this is known already")
def test_it_hangs():
    pathlib.Path(r"{mark}").touch()
    threading.Event().wait()
"""
PLAYING = """
import sys
from tests import run
from tests.deploy.test_side_by_side import part
run.OF_PYTEST["embedded"] = lambda: [part(sys.argv[1])] * 3
run.SUITES = ("embedded",)
sys.exit(run.main(["embedded"]))
"""


def part(file: str | Path, suite: str = "embedded", prepared: object = parts.nothing) -> Part:
    """Of one file of tests, which knows nothing of ours."""
    settings = Path(file).parent / "pytest.ini"
    settings.write_text("[pytest]\n")
    arguments = ("-q", "-p", "no:django", "-c", str(settings), str(file))
    return Part(suite, Path(file).stem, arguments, prepared, 1)  # type: ignore[arg-type]


def write(folder: Path, name: str, text: str, **words: object) -> Path:
    file = folder / f"test_{name}.py"
    file.write_text(text.format(**words))
    return file


def test_they_run_beside_each_other_and_each_prints_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    files = [
        write(tmp_path, "a", MEETING, mine=one, theirs=two, seconds=patience.SECONDS),
        write(tmp_path, "b", MEETING, mine=two, theirs=one, seconds=patience.SECONDS),
    ]
    played = Player(2).play([part(file) for file in files])
    assert [(each.outcome.passed, each.outcome.failed) for each in played] == [(1, 0), (1, 0)]
    said = capsys.readouterr().out
    assert said.count("1 passed") == 2
    first, second = (said.index(f"=== embedded: {file.stem}") for file in files)
    assert said.index("1 passed") < max(first, second) < said.rindex("1 passed")


def test_few_that_failed_get_a_second_try_and_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "shaky", SHAKY, mark=tmp_path / "mark")
    (played,) = Player(2).play([part(file)])
    assert (played.outcome.passed, played.outcome.failed) == (2, 0)
    assert "UNSTEADY: 1 passed only at the second try" in capsys.readouterr().out


def test_what_fails_twice_has_failed_and_so_have_many(tmp_path: Path) -> None:
    wrong = write(tmp_path, "wrong", "def test_good():\n    pass\n\n\ndef test_wrong():\n    assert False\n")
    many = write(
        tmp_path,
        "many",
        """
import pathlib

@__import__("pytest").mark.parametrize("number", range({count}))
def test_shaky(number):
    mark = pathlib.Path({mark!r}, str(number))
    if not mark.exists():
        mark.touch()
        raise AssertionError
""",
        count=side_by_side.FEW + 1,
        mark=str(tmp_path),
    )
    one, other = Player(2).play([part(wrong), part(many)])
    assert (one.outcome.passed, one.outcome.failed) == (1, 1)
    assert (other.outcome.passed, other.outcome.failed) == (0, side_by_side.FEW + 1)


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_part_that_cannot_start_has_failed(at_once: int, capfd: pytest.CaptureFixture[str]) -> None:
    missing = Part("broken", "missing", ("tests/there-is-no-such-folder",), parts.nothing, 1)
    (played,) = Player(at_once).play([missing])
    assert (played.outcome.passed, played.outcome.failed) == (0, 1)
    assert "there-is-no-such-folder" in "".join(capfd.readouterr())


def test_what_cannot_be_had_leaves_the_suite_out(tmp_path: Path) -> None:
    def nobody() -> AbstractContextManager[dict[str, str]]:
        raise LeftOut("nobody answers")

    file = write(tmp_path, "good", SHAKY, mark=tmp_path)
    played = Player(2).play([part(file), part(file, prepared=nobody)])
    found = outcome.together("embedded", [one.outcome for one in played], 1.0)
    assert (found.passed, found.left_out) == (2, "nobody answers")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_says_what_each_part_knows(tmp_path: Path, number: int) -> None:
    mark = tmp_path / "mark"
    file = write(tmp_path, "hanging", HANGING, mark=mark)
    process = subprocess.Popen(
        [sys.executable, "-c", PLAYING, str(file)],
        cwd=ROOT,
        env=os.environ | {"SIDE_BY_SIDE": "2"},
        stdout=subprocess.PIPE,
        text=True,
    )
    while not mark.exists():
        assert process.poll() is None
    process.send_signal(number)
    said, _ = process.communicate(timeout=patience.SECONDS)
    assert "this is known already" in said
    assert said.count("begins") == 2, "the third one came too late"
    assert process.returncode != 0


def test_every_folder_is_in_one_part_of_its_suite() -> None:
    for suite in (parts.embedded(), parts.production()):
        named = [folder for one in suite[:-1] for folder in one.arguments if folder.startswith("tests")]
        left = {one.removeprefix("--ignore=") for one in suite[-1].arguments if one.startswith("--ignore=")}
        assert suite[-1].arguments[0] == "tests"
        assert len(set(named)) == len(named)
        assert set(named) <= left <= {*named, *parts.ONCE}
    files = [file for one in parts.browser() for file in one.arguments]
    assert sorted(files) == sorted(
        str(file.relative_to(ROOT)) for file in (ROOT / "tests" / "browser").glob("test_*.py")
    )
