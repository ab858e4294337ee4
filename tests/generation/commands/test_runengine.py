"""What `manage.py runengine` says when it can't run."""

import signal
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.management.commands import runengine
from generation.worker import making
from tests.site.processes import assert_one_sentence, manage

pytestmark = pytest.mark.once

REDIS = {"SECRET_KEY": "x" * 60, "REDIS_URL": "redis://127.0.0.1:1/0"}


def test_without_redis_there_is_nothing_to_run(tmp_path: Path) -> None:
    done = manage(tmp_path, "runengine")
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert "REDIS_URL" in done.stderr


def test_a_model_that_can_t_be_loaded_is_one_sentence(tmp_path: Path) -> None:
    done = manage(tmp_path, "runengine", **REDIS, SAFELENS_MODEL=str(tmp_path / "none"))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    # Among what another thread may log meanwhile about the bus.
    assert f"CommandError: There is no model directory {tmp_path}/none." in done.stderr.splitlines()


def test_a_taken_port_for_metrics_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = manage(tmp_path, "runengine", **REDIS, SAFELENS_METRICS_PORT=port)
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert f"Port {port} on 127.0.0.1 can't be used for metrics" in done.stderr


def broken() -> None:
    raise RuntimeError("a bolt fell out")


def test_what_ends_an_engine_is_told_in_the_log(
    monkeypatch: pytest.MonkeyPatch, settings: Any, caplog: Any
) -> None:
    settings.REDIS_URL = "redis://nobody.invalid"
    settings.SAFELENS_METRICS_PORT = 0
    monkeypatch.setattr(signal, "signal", lambda number, act: None)
    monkeypatch.setattr(runengine, "the_bus", lambda: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(runengine, "connections", SimpleNamespace(close_all=lambda: None))
    monkeypatch.setattr(runengine.Command, "_bring_guards", lambda _: None)
    monkeypatch.setattr(making, "worker", lambda *_: SimpleNamespace(run=broken))
    with pytest.raises(CommandError, match=r"^The engine can't go on; the log says why\."):
        call_command("runengine")
    assert "a bolt fell out" in caplog.text
