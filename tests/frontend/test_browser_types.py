"""The browser's types of the socket's messages are those of `generation.protocol`."""

import dataclasses
import re
from pathlib import Path
from typing import get_type_hints

import pytest

from generation.protocol import RunJson, Settings, StepJson
from generation.protocol.client import CLIENT_MESSAGES
from generation.protocol.server import SERVER_MESSAGES

pytestmark = pytest.mark.once

TEXT = Path("frontend/static/safelens/stream/protocol.d.ts")


def written() -> dict[str, set[str]]:
    """The fields of each interface; an optional one with its question mark."""
    text = (Path(__file__).resolve().parent.parent.parent / TEXT).read_text()
    found = re.findall(r"export interface (\w+) \{\n(.*?)\n\}", text, re.DOTALL)
    return {name: set(re.findall(r"^  (\w+)\??:", body, re.MULTILINE)) for name, body in found}


@pytest.mark.parametrize("message", [*CLIENT_MESSAGES, *SERVER_MESSAGES], ids=lambda one: one.__name__)
def test_a_message_has_the_same_fields(message: type) -> None:
    names = {field.metadata.get("name") or field.name for field in dataclasses.fields(message)}
    client = message in CLIENT_MESSAGES
    assert written()[message.__name__] == (names - {"ref"} if client else names) | {"type"}


def test_run_step_and_settings_have_the_same_fields() -> None:
    found = written()
    assert found["Run"] == set(get_type_hints(RunJson))
    assert found["Step"] == set(get_type_hints(StepJson))
    assert found["Settings"] == {field.name for field in dataclasses.fields(Settings)}
