"""What the server may say. One class a message; fields that are None are left out of the frame."""

# ruff: noqa: RUF009 - the calls make dataclass fields

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, NotRequired, TypedDict

import orjson

from generation.protocol.codes import Code, Reason


class StepJson(TypedDict):
    """One token of an answer, as a client sees it. Built by `generation.chunks`."""

    i: int
    id: int
    text: str
    origin: str
    logprob: float
    p: float
    rank: int
    entropy: float
    top: list[tuple[int, str, float, float]]
    guard: NotRequired[dict[str, float]]
    t: int


class ModelJson(TypedDict):
    name: str
    fingerprint: str


class RunJson(TypedDict):
    id: str
    study: str
    parent: str | None
    at: int | None
    prompt: str
    settings: dict[str, Any]
    status: str
    reason: str | None
    steps: int
    text: str
    nudges: int
    created: str
    model: ModelJson


def _said(meaning: str, name: str = "", default: Any = dataclasses.MISSING) -> Any:
    metadata = {"meaning": meaning, "name": name}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first frame after the accept."""

    type: ClassVar = "hello"
    protocol: int = _said("version of this protocol", default=1)
    user: str = _said("the account's name")
    models: list[str] = _said("names that `settings.model` may have; the first is the default")
    limits: dict[str, Any] = _said("what this user may still do, and when it resets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The answer to `generate`, `branch` and `score`."""

    type: ClassVar = "accepted"
    run: RunJson = _said("a Run")
    ref: str | None = _said("that of the question", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The run waits; again whenever its position changes."""

    type: ClassVar = "queued"
    run: str = _said("")
    position: int = _said("1 is next")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An engine has taken the run. Sent once, however often the run changes engines afterwards."""

    type: ClassVar = "started"
    run: str = _said("")
    prompt_tokens: int = _said("how many tokens the model reads first")
    reused_tokens: int = _said("how many of them came from a warm cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """All that is new, in one frame; at most 25 frames a second and run."""

    type: ClassVar = "steps"
    run: str = _said("")
    steps: list[StepJson] = _said("list of Step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """The guard steers the answer back."""

    type: ClassVar = "nudge"
    run: str = _said("")
    at: int = _said("where the injected steps begin")
    guard: str = _said("which guard")
    score: float = _said("its score")
    tau: float = _said("its threshold")
    text: str = _said("the injected words")
    steps: int = _said("how many injected steps begin at `at`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A judgement of the text so far, or of all of it, that isn't told by a `nudge` or a `retract`."""

    type: ClassVar = "verdict"
    run: str = _said("")
    guard: str = _said("")
    label: str = _said("")
    score: float = _said("")
    action: str = _said("")
    detail: str = _said("one sentence for a person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """Released steps are withdrawn: stop showing them; their indexes are not used again.

    Whoever reads the run later gets each of them at its place with the `id` -1, no text and no alternatives,
    and this message behind them.
    """

    type: ClassVar = "retract"
    run: str = _said("")
    first: int = _said("the first step withdrawn", "from")
    last: int = _said("the last one", "to")
    reason: str = _said("one sentence for a person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The run has ended; nothing follows."""

    type: ClassVar = "finished"
    run: str = _said("")
    reason: Reason = _said("`eos`, `stop`, `length`, `cancelled`, `blocked` or `failed`")
    steps: int = _said("how many steps the answer has, shared ones included")
    usage: dict[str, int] = _said("`prompt_tokens`, `sampled_tokens`, `forced_tokens`")
    timings: dict[str, float] = _said("milliseconds: `queued`, `first_step` (if there was one), `total`")
    guard: dict[str, float] | None = _said("the judgement after the last token, by guard", default=None)
    message: str | None = _said("for `failed` and `blocked`: one sentence for a person", default=None)
    ref: str | None = _said("that of the `cancel` that it answers", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The run's steps were deleted under the site's retention rule."""

    type: ClassVar = "gone"
    run: str = _said("")
    ref: str | None = _said("of the `subscribe` that it answers", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """One message couldn't be done; the socket stays open."""

    type: ClassVar = "error"
    code: Code = _said("see below")
    message: str = _said("one plain sentence for a person")
    ref: str | None = _said("that of the message", default=None)
    run: str | None = _said("the run that it is about", default=None)
    field: str | None = _said("the field at fault; a setting's is `settings.NAME`", default=None)
    retry_after: float | None = _said("seconds after which it may work", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The answer to `ping`."""

    type: ClassVar = "pong"
    ref: str | None = _said("that of the ping", default=None)


ServerMessage = (
    Hello | Accepted | Queued | Started | Steps | Nudge | Verdict | Retract | Finished | Gone | Error | Pong
)

SERVER_MESSAGES: tuple[type[ServerMessage], ...] = (
    Hello,
    Accepted,
    Queued,
    Started,
    Steps,
    Nudge,
    Verdict,
    Retract,
    Finished,
    Gone,
    Error,
    Pong,
)

_NAMES: dict[type, list[tuple[str, str]]] = {
    message: [(field.name, field.metadata["name"] or field.name) for field in dataclasses.fields(message)]
    for message in SERVER_MESSAGES
}


def as_dict(message: ServerMessage) -> dict[str, Any]:
    """The frame's object: `type` first; fields that are None left out."""
    body: dict[str, Any] = {"type": message.type}
    for attribute, name in _NAMES[type(message)]:
        value = getattr(message, attribute)
        if value is not None:
            body[name] = value
    return body


def dump(message: ServerMessage) -> bytes:
    return orjson.dumps(as_dict(message))


def from_body(kind: str, run: str, body: dict[str, Any]) -> ServerMessage:
    """A saved event as the message that it was."""
    message = _EVENTS[kind]
    attributes = {name: attribute for attribute, name in _NAMES[message]}
    values = {attributes[name]: value for name, value in body.items() if name in attributes}
    if message is Finished:
        values["reason"] = Reason(values["reason"])
    event: ServerMessage = message(run=run, **values)
    return event


def body_of(message: ServerMessage) -> dict[str, Any]:
    """What of an event is saved: everything but its type and its run."""
    return {name: value for name, value in as_dict(message).items() if name not in ("type", "run")}


_EVENTS: dict[str, Any] = {message.type: message for message in (Started, Nudge, Verdict, Retract, Finished)}
