"""From hostile frames to messages: the contract to the letter, and one plain sentence for all else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.protocol import (
    Branch,
    Cancel,
    Generate,
    Invalid,
    Missing,
    Ping,
    Settings,
    Subscribe,
    Unreadable,
    parse,
)

pytestmark = pytest.mark.once

RUN = {"type": "branch", "run": "r", "at": 3}


def frame(**fields: Any) -> str:
    return json.dumps(fields)


def problem(text: str | bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse(text)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    return caught.value


def test_a_message_becomes_its_own_class() -> None:
    assert parse(frame(type="ping", ref="x")) == Ping(ref="x")
    assert parse(frame(type="cancel", run="abc")) == Cancel(run="abc")
    assert parse(frame(type="subscribe", run="abc")) == Subscribe(run="abc", after=-1)
    assert parse(b'{"type":"ping"}') == Ping()


def test_left_out_and_null_differ_where_the_contract_says_so() -> None:
    left_out, null = (
        parse(frame(type="generate", prompt="Hi")),
        parse(frame(type="generate", prompt="Hi", after=None)),
    )
    assert isinstance(left_out, Generate)
    assert isinstance(null, Generate)
    assert left_out.after is Missing.MISSING
    assert null.after is None


def test_settings_hold_only_what_was_given() -> None:
    message = parse(frame(type="generate", prompt="Hi", settings={"k": 5, "temperature": 0, "seed": None}))
    assert isinstance(message, Generate)
    assert dict(message.settings) == {"k": 5, "temperature": 0.0, "seed": None}
    parent = Settings(seed=7, top_p=0.5)
    assert parent.with_given(message.settings) == Settings(k=5, temperature=0.0, seed=None, top_p=0.5)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "type"),
        ({"type": "generat"}, "type"),
        ({"type": None}, "type"),
        ({"type": ["generate"]}, "type"),
        ({"type": "generate"}, "prompt"),
        ({"type": "generate", "prompt": ""}, "prompt"),
        ({"type": "generate", "prompt": "x" * 10_001}, "prompt"),
        ({"type": "generate", "prompt": 5}, "prompt"),
        ({"type": "generate", "prompt": "a\0b"}, "prompt"),
        ({"type": "generate", "prompt": "half \ud83d"}, "prompt"),
        ({"type": "generate", "prompt": "x", "study": None}, "study"),
        ({"type": "generate", "prompt": "x", "system": None}, "system"),
        ({"type": "generate", "prompt": "x", "after": 1}, "after"),
        ({"type": "generate", "prompt": "x", "settings": None}, "settings"),
        ({"type": "generate", "prompt": "x", "settings": []}, "settings"),
        ({"type": "generate", "prompt": "x", "setings": {}}, "setings"),
        ({"type": "generate", "prompt": "x", "ref": "r" * 65}, "ref"),
        ({"type": "generate", "prompt": "x", "ref": None}, "ref"),
        ({"type": "generate", "prompt": "x", "ref": "\udc00"}, "ref"),
        ({"type": "ping", "run": "x"}, "run"),
        ({**RUN, "token": 1, "text": "x"}, "text"),
        ({**RUN, "token": None}, "token"),
        ({**RUN, "text": ""}, "text"),
        ({**RUN, "at": -1}, "at"),
        ({**RUN, "at": True}, "at"),
        ({**RUN, "at": 3.0}, "at"),
        ({**RUN, "at": "3"}, "at"),
        ({**RUN, "at": 10**400}, "at"),
        ({**RUN, "run": 5}, "run"),
        ({"type": "subscribe", "run": "x", "after": -2}, "after"),
        ({"type": "subscribe", "run": "x", "after": None}, "after"),
        ({"type": "ack", "run": "x"}, "i"),
    ],
)
def test_it_names_the_field_at_fault(fields: dict[str, Any], field: str) -> None:
    assert problem(frame(**fields)).field == field


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("model", ["m"], ["", 5, None]),
        ("k", [1, 50], [0, 51, 30.0, True, "30", None]),
        ("temperature", [0, 10, 0.5], [-0.1, 10.1, True, "1", None]),
        ("top_p", [1, 0.0001], [0, 1.01, -1, False]),
        ("min_p", [0, 1], [-0.01, 1.5]),
        ("max_new_tokens", [1, 4096], [0, 4097, 1.5]),
        ("seed", [0, 2**63 - 1, None], [-1, 2**63, 2**64, 1.0, "1"]),
        ("prefix", ["", "x" * 10_000], ["x" * 10_001, None]),
        ("delay", [0, 2, 0.5], [2.1, -1, None]),
        ("guard", [True, False, None], [0, 1, "true"]),
        ("tau", [0, 1, 0.5, None], [1.1, -0.1, True]),
    ],
)
def test_every_setting_keeps_its_range(name: str, good: list[object], bad: list[object]) -> None:
    for value in good:
        message = parse(frame(type="generate", prompt="x", settings={name: value}))
        assert isinstance(message, Generate)
        assert message.settings[name] == value
    for value in bad:
        assert problem(frame(type="generate", prompt="x", settings={name: value})).field == f"settings.{name}"


def test_defaults_are_the_contract_s() -> None:
    assert Settings().as_dict() == {
        "model": "",
        "k": 30,
        "temperature": 1.0,
        "top_p": 1.0,
        "min_p": 0.0,
        "max_new_tokens": 100,
        "seed": None,
        "prefix": "",
        "delay": 0.0,
        "guard": None,
        "tau": None,
    }


def test_an_error_echoes_the_ref() -> None:
    assert problem(frame(type="branch", run="x", at=-1, ref="mine")).ref == "mine"
    assert problem(frame(type="nothing", ref="mine")).ref == "mine"


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"generate","prompt":"x","settings":{"temperature":1e400}}',
        '{"type":"generate","prompt":"x","settings":{"temperature":-1e400}}',
        '{"type":"generate","prompt":"x","settings":{"seed":' + "9" * 5000 + "}}",
    ],
)
def test_numbers_beyond_all_bounds_are_invalid_not_unreadable(text: str) -> None:
    assert problem(text).field.startswith("settings.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"x"',
        "5",
        "{",
        '{"type":NaN}',
        '{"a":Infinity}',
        "[" * 60_000,
        '{"a":' * 9_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_json_object_is_unreadable(text: str | bytes) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_a_made_up_field_name_can_be_sent_back() -> None:
    assert problem('{"type":"ping","\\ud800' + "x" * 500 + '":1}').field.encode()


def test_a_branch_takes_one_kind_of_edit() -> None:
    assert parse(frame(**RUN, token=0)) == Branch(run="r", at=3, token=0)
    assert parse(frame(**RUN, text="🌱")) == Branch(run="r", at=3, text="🌱")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["type", "ref", "prompt", "run", "at", "token", "text", "settings", "after", "i", "study", "system"]
)
types = st.sampled_from(["generate", "branch", "score", "cancel", "subscribe", "unsubscribe", "ack", "ping"])


@given(st.dictionaries(names, json_values, max_size=6), types)
def test_whatever_json_comes_only_the_two_errors_go(fields: dict[str, Any], kind: str) -> None:
    try:
        message = parse(json.dumps({**fields, "type": kind}))
    except (Invalid, Unreadable):
        return
    assert message.type == kind


@given(st.text() | st.binary())
def test_whatever_frame_comes_only_the_two_errors_go(text: str | bytes) -> None:
    with pytest.raises((Invalid, Unreadable)):
        parse(text)
