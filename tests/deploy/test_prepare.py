"""`deploy/prepare.sh`: what every make command does first."""

import os
import signal
from pathlib import Path

import pytest

from tests import patience
from tests.deploy.checkout import Checkout, write_command

OLD_PYTHON = '#!/bin/sh\ncase "$2" in *"(3, 11)"*) exit 1 ;; *) printf 3.9 ;; esac\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def assert_one_sentence(said: tuple[int, str, str], *words: str) -> None:
    status, output, errors = said
    assert status == 1
    assert output == ""
    assert errors.count("\n") == 1
    assert all(word in errors for word in words)


def test_it_installs_everything_and_the_second_time_does_nothing(checkout: Checkout) -> None:
    status, output, errors = checkout.prepare()
    assert (status, errors) == (0, "")
    assert "Installing torch" in output
    assert (checkout.installed("torch"), checkout.installed("lens")) == ("2.13.0+cpu", "1.0")
    assert (checkout.root / "node_modules" / "typescript").is_dir()

    assert checkout.prepare() == (0, "", "")
    assert (checkout.root / "npm-was-here").read_text() == "installed\n"


def test_it_follows_a_changed_lock(checkout: Checkout) -> None:
    checkout.prepare()
    checkout.lock("lens==1.1\ntorch==2.13.0\n")
    (checkout.root / "package-lock.json").write_text("{ }")
    assert checkout.prepare()[0] == 0
    assert checkout.installed("lens") == "1.1"
    assert (checkout.root / "npm-was-here").read_text() == "installed\n" * 2


def test_a_killed_install_is_thrown_away_and_made_again(checkout: Checkout) -> None:
    process = checkout.start()
    assert process.stdout is not None
    for line in process.stdout:
        if "Installing torch" in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    half_installed = checkout.root / ".venv" / "half-installed"
    half_installed.touch()

    assert checkout.prepare()[0] == 0
    assert not half_installed.exists()
    assert checkout.installed("lens") == "1.0"


def test_a_lock_that_cannot_be_installed_says_so_and_leaves_no_stamp(checkout: Checkout) -> None:
    checkout.lock("lens==9.9\ntorch==2.13.0\n")
    status, _, errors = checkout.prepare()
    assert status == 1
    assert errors.splitlines()[-1].startswith("pip could not install requirements.lock")

    checkout.lock("lens==1.0\ntorch==2.13.0\n")
    assert checkout.prepare()[0] == 0
    assert checkout.installed("lens") == "1.0"


def test_two_at_once_wait_for_each_other(checkout: Checkout) -> None:
    processes = [checkout.start(), checkout.start()]
    outputs = [process.communicate(timeout=patience.SECONDS)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum("Installing torch" in output for output in outputs) == 1
    assert sum("Waiting for another command" in output for output in outputs) == 1


def test_no_python_is_one_sentence(checkout: Checkout) -> None:
    (checkout.bin / "python3").unlink()
    assert_one_sentence(checkout.prepare(), "no Python", "3.11")


def test_an_old_python_is_one_sentence(checkout: Checkout) -> None:
    write_command(checkout.bin, "python3", OLD_PYTHON)
    assert_one_sentence(checkout.prepare(), "3.11 or newer", "this is Python 3.9")


def test_a_newer_python_beside_an_old_one_is_found(checkout: Checkout) -> None:
    (checkout.bin / "python3").rename(checkout.bin / "python3.12")
    write_command(checkout.bin, "python3", OLD_PYTHON)
    (checkout.bin / "node").unlink()
    assert_one_sentence(checkout.prepare(), "no Node")


def test_the_python_that_is_named_is_the_one_that_is_taken(checkout: Checkout, tmp_path: Path) -> None:
    write_command(tmp_path, "mine", OLD_PYTHON)
    assert_one_sentence(checkout.prepare(PYTHON=str(tmp_path / "mine")), "this is Python 3.9")
    assert_one_sentence(checkout.prepare(PYTHON="/nowhere/python3"), "/nowhere/python3")


def test_no_node_an_old_node_and_no_npm_are_said_before_anything_is_installed(checkout: Checkout) -> None:
    kept = (checkout.bin / "node").rename(checkout.bin / "node-kept")
    assert_one_sentence(checkout.prepare(), "no Node", "20")
    write_command(checkout.bin, "node", "#!/bin/sh\necho v18.19.0\n")
    assert_one_sentence(checkout.prepare(), "Node 20 or newer", "this is Node 18")
    npm = (checkout.bin / "npm").rename(checkout.bin / "npm-kept")
    assert_one_sentence(checkout.prepare(NODE=str(kept)), "npm")
    assert not (checkout.root / ".venv").exists()

    npm.rename(checkout.bin / "npm")
    assert checkout.prepare(NODE=str(kept))[0] == 0
