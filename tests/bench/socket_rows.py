"""The rows of whole sites in both forms: their sockets, and what memory they take.

Each form is measured by a process of its own (`tests.bench.sockets`, `tests.bench.memory`), whose settings
name its servers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests import servers
from tests.bench.rows import Row

ROOT = Path(__file__).resolve().parent.parent.parent


def sockets() -> Iterator[Row]:
    yield from _in_both_forms("tests.bench.sockets")


def memory() -> Iterator[Row]:
    yield from _in_both_forms("tests.bench.memory")


def _in_both_forms(module: str) -> Iterator[Row]:
    yield from _measured(module, "embedded", {})
    with ExitStack() as stack:
        try:
            addresses = {
                "DATABASE_URL": stack.enter_context(servers.postgresql()),
                "REDIS_URL": stack.enter_context(servers.empty_redis()),
            }
        except servers.NoServer as reason:
            print(f"production: left out, {reason}.", flush=True)
            return
        yield from _measured(module, "production", addresses)


def _measured(module: str, form: str, addresses: dict[str, str]) -> Iterator[Row]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with tempfile.TemporaryDirectory(prefix="safelens-bench-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", module, form, folder],
            cwd=ROOT,
            env=kept | addresses | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("{"):
                    yield Row(**json.loads(line))
    if process.returncode:
        sys.exit(f"{module} could not measure the {form} form.")
