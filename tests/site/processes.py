"""Commands of SafeLens run as a person runs them: a process of its own, with its own environment."""

import os
import subprocess
import sys
from pathlib import Path

from tests import patience

ROOT = Path(__file__).parent.parent.parent
SECONDS_TO_END = 10.0  # that a web process has after SIGTERM


def environment(data: Path, **variables: str) -> dict[str, str]:
    """The embedded form in `data`, whatever the tests themselves run on."""
    ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "HOST", "PORT", "HF_TOKEN")
    kept = {k: v for k, v in os.environ.items() if k not in ours and not k.startswith("SAFELENS_")}
    return kept | {"SAFELENS_DATA": str(data)} | variables


def python(data: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(data, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
    )


def manage(data: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return python(data, "manage.py", *arguments, **variables)


def complaints(logged: str) -> list[str]:
    """What a process complained of. Where the audit's chain ends is logged by the clock, and is none."""
    return [line for line in logged.splitlines() if " guard.audit.head: " not in line]


def assert_one_sentence(text: str) -> None:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    assert lines[0].endswith("."), text
