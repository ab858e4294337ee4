"""From an untrusted frame to a message, or to one plain sentence that says what is wrong with it."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import orjson

from generation.protocol.client import CLIENT_MESSAGES, MAX_REF, Branch, ClientMessage
from generation.protocol.fields import MISSING_RULE, Bad, Rule, is_whole_text
from generation.protocol.settings import Given, Settings

MAX_FRAME = 64 * 1024  # bytes

_BY_TYPE = {message.type: message for message in CLIENT_MESSAGES}


def _rules(message: type) -> dict[str, Rule]:
    fields = dataclasses.fields(message)
    return {field.name: field.metadata[MISSING_RULE] for field in fields if MISSING_RULE in field.metadata}


_RULES = {message: _rules(message) for message in (*CLIENT_MESSAGES, Settings)}
_TAKES_SETTINGS = {m for m in CLIENT_MESSAGES if any(f.name == "settings" for f in dataclasses.fields(m))}


class Unreadable(ValueError):
    """The frame is no JSON object: the socket closes with 4400."""


class Invalid(ValueError):
    """The message can't be done as it stands: `error` with the code `invalid`; the socket stays open."""

    def __init__(self, field: str, sentence: str, ref: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field
        self.ref = ref


def parse(frame: str | bytes) -> ClientMessage:
    """Never raises anything but Unreadable and Invalid, whatever the frame holds."""
    body = _object(frame)
    ref = _ref(body)
    kind = body.get("type")
    message = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if message is None:
        known = ", ".join(_BY_TYPE)
        raise Invalid("type", f"Unknown type of message; the types are {known}.", ref)
    try:
        values = _fields(message, body)
        if message in _TAKES_SETTINGS and "settings" in body:
            values["settings"] = _settings(body["settings"])
        parsed = message(**values, ref=ref)
        if isinstance(parsed, Branch) and parsed.token is not None and parsed.text is not None:
            raise Invalid("text", "Give token or text, not both.")
    except Invalid as problem:
        problem.ref = ref
        raise
    return parsed


def parse_settings(value: object) -> Given:
    """The settings alone, for the HTTP doors. Raises Invalid."""
    return _settings(value)


def _fields(message: type, body: dict[str, Any]) -> dict[str, Any]:
    rules = _RULES[message]
    allowed = {"type", "ref", *rules}
    if message in _TAKES_SETTINGS:
        allowed.add("settings")
    for name in body:
        if name not in allowed:
            raise Invalid(_shown(name), f"{message.__name__.lower()} has no field of this name.")
    values = {}
    for name, rule in rules.items():
        if name in body:
            values[name] = _value(rule, name, body[name])
        elif rule.required:
            raise Invalid(name, f"{name} is missing.")
    return values


def _settings(value: object) -> Given:
    if not isinstance(value, dict):
        raise Invalid("settings", "settings must be an object.")
    rules = _RULES[Settings]
    given = {}
    for name, setting in value.items():
        if name not in rules:
            raise Invalid(f"settings.{_shown(name)}", "There is no setting of this name.")
        given[name] = _value(rules[name], f"settings.{name}", setting)
    return given


def _value(rule: Rule, field: str, value: object) -> object:
    try:
        return rule.read(value)
    except Bad as problem:
        raise Invalid(field, f"{field.removeprefix('settings.')} {problem}") from None


def _ref(body: dict[str, Any]) -> str | None:
    if "ref" not in body:
        return None
    ref = body["ref"]
    if not isinstance(ref, str) or len(ref) > MAX_REF or not is_whole_text(ref.replace("\0", "")):
        raise Invalid("ref", f"ref must be text of at most {MAX_REF} characters.")
    return ref


def _shown(name: str) -> str:
    """A field's name that the client made up, fit to be sent back."""
    return name[:MAX_REF].encode("utf-8", "replace").decode()


def _object(frame: str | bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(frame)
    except orjson.JSONDecodeError:
        body = _second_reading(frame)
    if not isinstance(body, dict):
        raise Unreadable("Every frame must be one JSON object.")
    return body


def _second_reading(frame: str | bytes) -> object:
    """JSON that orjson refuses (1e400, half a surrogate pair), so that the answer can name the field."""
    try:
        return json.loads(frame, parse_constant=_no_constant, parse_int=_integer)
    except (ValueError, RecursionError):
        raise Unreadable("This frame is not JSON.") from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON.")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else math.inf
