"""What a client may say. One class a message; the docstring and the fields' words make the docs page."""

# ruff: noqa: RUF009 - the calls make dataclass fields

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from generation.protocol.fields import Missing, characters, identifier, optional, or_null, required, whole
from generation.protocol.settings import MAX_SEED, MAX_TEXT, Given

MAX_STEP = 2**31 - 1
MAX_REF = 64

_NOTHING_GIVEN: Mapping[str, object] = {}


def _settings() -> Given:
    # Read by the parser itself: each of its fields has a rule of its own.
    return field(default_factory=lambda: _NOTHING_GIVEN)


@dataclass(frozen=True, slots=True)
class Generate:
    """A new user turn and its run; the socket is subscribed to it."""

    type: ClassVar = "generate"
    prompt: str = required(characters(1, MAX_TEXT), "the user's turn")
    study: str | None = optional(identifier(), None, "the study it belongs to; left out: a new one is made")
    after: str | Missing | None = optional(
        or_null(identifier()),
        Missing.MISSING,
        "the run that this turn follows; left out: the study's current leaf; `null`: a new root",
    )
    system: str | None = optional(
        characters(0, MAX_TEXT), None, "system prompt; left out: as in the turn before"
    )
    settings: Given = _settings()
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A new run that shares the steps `0 … at-1` with `run`, with at most one of `token` and `text`.

    `token`: step `at` is that token. `text`: it is tokenised and its tokens are the steps `at …`.
    Neither: the model samples again from there. Settings not given are the parent run's, its seed
    included: send `"settings": {"seed": null}` for another draw. `max_new_tokens` counts the branch's own
    steps alone; `prefix` is not forced again. A branch with steps of its parent needs its parent's model.
    """

    type: ClassVar = "branch"
    run: str = required(identifier(), "the run whose steps are shared")
    at: int = required(whole(0, MAX_STEP), "how many steps are shared; all of them: go on from the end")
    token: int | None = optional(whole(0, MAX_STEP), None, "the token that step `at` is")
    text: str | None = optional(characters(1, MAX_TEXT), None, "the text that goes on from there")
    settings: Given = _settings()
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """No sampling: every token of `text` is forced and gets its step. Reading somebody else's text.

    It is read as an answer: to `prompt`, or without one to an empty turn. The run ends with `length`. A guard
    only flags such a text (`verdict`); from there on its steps carry no alternatives.
    """

    type: ClassVar = "score"
    text: str = required(characters(1, MAX_TEXT), "what is read")
    prompt: str | None = optional(characters(1, MAX_TEXT), None, "the user's turn that it answers")
    system: str | None = optional(characters(0, MAX_TEXT), None, "system prompt")
    settings: Given = _settings()
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stops the run within one decode step; `finished` with the reason `cancelled` follows, and echoes `ref`.

    On a finished run it is answered with the same `finished`.
    """

    type: ClassVar = "cancel"
    run: str = required(identifier(), "")
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Every event of the run with a step index above `after`, then live ones; for finished runs too."""

    type: ClassVar = "subscribe"
    run: str = required(identifier(), "")
    after: int = optional(whole(-1, MAX_SEED, "2^63-1"), -1, "the last step that the client has; -1: none")
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """No more of this run on this socket; the run goes on."""

    type: ClassVar = "unsubscribe"
    run: str = required(identifier(), "")
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Ack:
    """The client has taken all steps up to `i`. The server sends at most 256 unacknowledged steps a run."""

    type: ClassVar = "ack"
    run: str = required(identifier(), "")
    i: int = required(whole(-1, MAX_STEP), "the last step taken")
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered with `pong`."""

    type: ClassVar = "ping"
    ref: str | None = None


ClientMessage = Generate | Branch | Score | Cancel | Subscribe | Unsubscribe | Ack | Ping

CLIENT_MESSAGES: tuple[type[ClientMessage], ...] = (
    Generate,
    Branch,
    Score,
    Cancel,
    Subscribe,
    Unsubscribe,
    Ack,
    Ping,
)
