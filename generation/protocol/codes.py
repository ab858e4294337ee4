"""The closed sets of words and numbers of the protocol."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Close(IntEnum):
    """Why the server closed the socket. A frame with the reason in words goes before it where one helps."""

    UNREADABLE = 4400
    NOT_LOGGED_IN = 4401
    WRONG_ORIGIN = 4403
    TOO_SLOW = 4408
    RESTARTING = 4410
    TOO_MANY_SOCKETS = 4429
    TOO_LARGE = 1009


CLOSE_MEANINGS: dict[Close, str] = {
    Close.UNREADABLE: "unreadable message or bad cursor: the frame is binary or no JSON object, or `after` "
    "names a step that the run doesn't have (an `error` frame goes before it)",
    Close.NOT_LOGGED_IN: "not logged in (any more)",
    Close.WRONG_ORIGIN: "wrong origin",
    Close.TOO_SLOW: "too slow: no ack for 30 s with the window full and more to be sent",
    Close.RESTARTING: "server is restarting, or couldn't let you in just now: reconnect",
    Close.TOO_MANY_SOCKETS: "too many sockets of yours (`hello.limits.sockets`)",
    Close.TOO_LARGE: "frame too large (64 KiB)",
}


class Code(StrEnum):
    """What went wrong with one message. The socket stays open."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    MODEL_UNAVAILABLE = "model_unavailable"
    FAILED = "failed"


CODE_MEANINGS: dict[Code, str] = {
    Code.INVALID: "unknown type, missing, ill-typed or unknown field, value out of range; `field` names it",
    Code.NOT_FOUND: "no such run or study, or not yours",
    Code.FORBIDDEN: "the site's policy doesn't let you",
    Code.RATE_LIMITED: "too many runs in an hour or steps stored; `retry_after` if waiting helps",
    Code.BUSY: "too many runs of yours are in flight",
    Code.MODEL_UNAVAILABLE: "no engine serves this model",
    Code.FAILED: "the server couldn't do it; try again",
}


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


class Reason(StrEnum):
    """Why a run ended."""

    EOS = "eos"
    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    FAILED = "failed"


class Origin(StrEnum):
    """Where a step's token came from."""

    SAMPLED = "sampled"
    PREFIX = "prefix"
    EDIT = "edit"
    NUDGE = "nudge"
    GIVEN = "given"
