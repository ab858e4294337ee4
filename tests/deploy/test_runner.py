"""`python -m tests.run`: what it counts, and what it says at the end."""

import subprocess
from pathlib import Path

import pytest

from tests import outcome, parts, run, servers
from tests.outcome import Outcome

ROOT = Path(__file__).resolve().parent.parent.parent
# Nobody listens here: the discard port of this machine.
NOBODY = "127.0.0.1:9"


def test_the_last_line_is_the_closing_line() -> None:
    lines, status = outcome.summary([Outcome("embedded", passed=3), Outcome("browser", passed=4)], True)
    assert (lines[-1], status) == ("7 passed, 0 failed", 0)


def test_skipped_tests_are_told() -> None:
    lines, status = outcome.summary([Outcome("embedded", passed=3, skipped=2)], False)
    assert (lines[-1], status) == ("3 passed, 0 failed, 2 skipped", 0)


def test_one_failure_is_the_status_of_all() -> None:
    lines, status = outcome.summary([Outcome("embedded", 3, 1), Outcome("browser", 9)], False)
    assert (lines[-1], status) == ("12 passed, 1 failed", 1)


@pytest.mark.parametrize(
    ("strict", "closing", "status"), [(False, "3 passed, 0 failed", 0), (True, "3 passed, 1 failed", 1)]
)
def test_a_suite_left_out_is_named_and_fails_only_in_ci(strict: bool, closing: str, status: int) -> None:
    outcomes = [Outcome("embedded", passed=3), Outcome("production", left_out="no Redis")]
    lines, found = outcome.summary(outcomes, strict)
    assert "production: left out, no Redis." in lines
    assert (lines[-1], found) == (closing, status)


def test_nothing_passed_is_no_success() -> None:
    assert outcome.summary([Outcome("production", left_out="no Redis")], False)[1] == 1


def test_a_report_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"></testsuite></testsuites>'
    )
    assert outcome.counted(report) == (3, 3, 3)


def test_a_report_of_node_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testcase name="a"/><testsuite><testcase name="b"><failure>why</failure></testcase>'
        '</testsuite><testcase name="c"><skipped/></testcase></testsuites>'
    )
    assert outcome.counted_cases(report) == (1, 1, 1)
    assert "b\nwhy" in capsys.readouterr().out
    assert outcome.counted_cases(tmp_path / "none.xml") == (0, 0, 0)


@pytest.mark.parametrize("text", [None, "<testsuites><testsu", "<testsuites/>"])
def test_a_report_that_is_missing_or_cut_short_counts_nothing(tmp_path: Path, text: str | None) -> None:
    report = tmp_path / "report.xml"
    if text is not None:
        report.write_text(text)
    assert outcome.counted(report) == (0, 0, 0)


def test_an_unknown_suite_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["nonsense"]) == 2
    assert capsys.readouterr().err == (
        "There is no suite named nonsense: choose from javascript, embedded, production, browser, stories.\n"
    )


@pytest.mark.parametrize("number", ["two", "0"])
def test_an_unreadable_number_is_one_sentence(
    number: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(run.AT_ONCE, number)
    assert run.main(["embedded"]) == 2
    assert capsys.readouterr().err == "SIDE_BY_SIDE must be a whole number, 1 or more.\n"


def test_no_postgresql_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://someone:word@{NOBODY}/safelens")
    with pytest.raises(servers.NoServer, match=f"{NOBODY}.*DATABASE_URL") as raised, servers.postgresql():
        pytest.fail("there is no server")
    assert "word" not in str(raised.value)


def test_no_redis_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://:word@{NOBODY}")
    with pytest.raises(servers.NoServer, match=f"{NOBODY}.*REDIS_URL") as raised, servers.empty_redis():
        pytest.fail("there is no server")
    assert "word" not in str(raised.value)


def test_the_folders_that_run_once_exist_and_know_neither_database_nor_bus() -> None:
    for folder in parts.ONCE:
        assert (ROOT / folder).is_dir(), folder
        files = [file for file in (ROOT / folder).rglob("test_*.py") if file != Path(__file__)]
        telling = [file.name for file in files if "django_db" in file.read_text()]
        assert not telling, f"{telling} use the database, so {folder} can't be in ONCE"


def test_every_make_command_is_in_its_help() -> None:
    text = subprocess.check_output(["make", "--silent", "help"], cwd=ROOT, text=True)
    assert [line.split()[1] for line in text.splitlines()] == [
        "help",
        "run",
        "test",
        "lint",
        "format",
        "types",
        "bench",
        "lock",
        "clean",
    ]
