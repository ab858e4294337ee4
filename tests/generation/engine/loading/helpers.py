"""Spoils a model directory, and checks what is said about it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from generation.engine.loading import (
    Kind,
    ModelUnavailable,
    load,
)


def change(file: Path, **fields: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def refused(name: str | Path, **how: Any) -> tuple[Kind, str]:
    with pytest.raises(ModelUnavailable) as caught:
        load(str(name), **how)
    sentence = str(caught.value)
    assert re.fullmatch(r"[^\n]{10,200}\.", sentence), sentence
    assert not re.search(r"Traceback|Error\b|Exception", sentence), sentence
    return caught.value.kind, sentence
