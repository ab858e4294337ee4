"""What `manage.py runengine` says when it can't run."""

import socket
from pathlib import Path

import pytest

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
    assert (
        done.stderr.strip().splitlines()[-1] == f"CommandError: There is no model directory {tmp_path}/none."
    )


def test_a_taken_port_for_metrics_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = manage(tmp_path, "runengine", **REDIS, SAFELENS_METRICS_PORT=port)
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert f"Port {port} on 127.0.0.1 can't be used for metrics" in done.stderr
