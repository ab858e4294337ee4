from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelens_site import env

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def table_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "TABLE", {})


def boolean() -> Any:
    return env.boolean("X", False, help="")


def integer() -> Any:
    return env.integer("X", 5, 1, 10, help="")


def auto() -> Any:
    return env.integer_or_auto("X", 1, 10, help="")


def size() -> Any:
    return env.size("X", "1 GiB", help="")


def choice() -> Any:
    return env.choice("X", "a", ("a", "b"), help="")


def matching() -> Any:
    return env.matching("X", "cpu", r"cpu|cuda(:[0-9])?", "cpu or cuda:N", help="")


def listing() -> Any:
    return env.listing("X", ("a",), help="")


def address() -> Any:
    return env.url("X", "", ("http", "https"), help="")


def secret() -> Any:
    return env.secret("X", "kept", help="")


def secret_url() -> Any:
    return env.secret_url("X", ("postgresql",), help="")


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (boolean, "yes", True),
        (boolean, "ON", True),
        (boolean, "0", False),
        (boolean, "", False),
        (integer, "10", 10),
        (integer, " 7 ", 7),
        (integer, "", 5),
        (auto, "auto", None),
        (auto, "", None),
        (auto, "4", 4),
        (size, "1024", 1024),
        (size, "2 KiB", 2048),
        (size, "3mb", 3_000_000),
        (size, "", 2**30),
        (choice, "b", "b"),
        (matching, "cuda:1", "cuda:1"),
        (listing, "x, y,,z", ["x", "y", "z"]),
        (listing, "", ["a"]),
        (address, "https://a.example/", "https://a.example"),
        (secret, "", "kept"),
        (secret_url, "postgresql:///db?host=/run/postgresql", "postgresql:///db?host=/run/postgresql"),
    ],
)
def test_it_reads(
    monkeypatch: pytest.MonkeyPatch, reader: Callable[[], Any], value: str, expected: object
) -> None:
    monkeypatch.setenv("X", value)
    assert reader() == expected


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (boolean, "maybe"),
        (integer, "11"),
        (integer, "0"),
        (integer, "5.5"),
        (integer, "٥"),
        (integer, "9" * 10_000),
        (auto, "some"),
        (size, "1 XiB"),
        (size, "-1"),
        (choice, "c"),
        (matching, "cuda:x"),
        (address, "ftp://a.example"),
        (address, "https://"),
        (address, "http://a:99999"),
        (address, "http://[::1"),
        (secret_url, "postgresql"),
    ],
)
def test_it_stops_the_start_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, reader: Callable[[], Any], value: str
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(SystemExit) as stopped:
        reader()
    sentence = str(stopped.value.code)
    assert sentence.startswith("SafeLens can't start: X must be ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 250


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("in the file\n")
    monkeypatch.setenv("X_FILE", str(tmp_path / "key"))
    assert secret() == "in the file"


def test_a_secret_set_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("X", "here")
    with pytest.raises(SystemExit, match="not both"):
        secret()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    monkeypatch.setenv("X_FILE", str(tmp_path / "key"))
    with pytest.raises(SystemExit, match="X_FILE must be the path of a readable text file"):
        secret()


def test_a_wrong_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "mysql://user:hunter2@host/db")
    with pytest.raises(SystemExit) as stopped:
        secret_url()
    assert "hunter2" not in str(stopped.value.code)


def test_each_reader_enters_the_table() -> None:
    env.integer("NUMBER", 5, 1, 10, help="How many.")
    env.secret("KEY", help="Opens.")
    assert env.TABLE["NUMBER"] == env.Variable("NUMBER", "a whole number from 1 to 10", "5", "How many.")
    assert env.TABLE["KEY"].from_file
