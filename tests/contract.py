"""The server's half of the WebSocket contract, written down apart from the code that keeps it.

`check` fails on a frame that a client may not get: an unknown type, a missing or ill-typed field, an unknown
code, an index out of its place.
"""

from __future__ import annotations

from typing import Any

Kinds = dict[str, tuple[type, ...]]
Frame = dict[str, Any]

NUMBER = (int, float)
FIELDS: dict[str, Kinds] = {
    "hello": {"protocol": (int,), "user": (str,), "models": (list,), "limits": (dict,)},
    "accepted": {"run": (dict,)},
    "queued": {"run": (str,), "position": (int,)},
    "started": {"run": (str,), "prompt_tokens": (int,), "reused_tokens": (int,)},
    "steps": {"run": (str,), "steps": (list,)},
    "nudge": {
        "run": (str,),
        "at": (int,),
        "guard": (str,),
        "score": NUMBER,
        "tau": NUMBER,
        "text": (str,),
        "steps": (int,),
    },
    "verdict": {
        "run": (str,),
        "guard": (str,),
        "label": (str,),
        "score": NUMBER,
        "action": (str,),
        "detail": (str,),
    },
    "retract": {"run": (str,), "from": (int,), "to": (int,), "reason": (str,)},
    "finished": {"run": (str,), "reason": (str,), "steps": (int,), "usage": (dict,), "timings": (dict,)},
    "gone": {"run": (str,)},
    "error": {"code": (str,), "message": (str,)},
    "pong": {},
}
RUN: Kinds = {
    "id": (str,),
    "study": (str,),
    "parent": (str, type(None)),
    "at": (int, type(None)),
    "prompt": (str,),
    "settings": (dict,),
    "status": (str,),
    "reason": (str, type(None)),
    "steps": (int,),
    "text": (str,),
    "nudges": (int,),
    "created": (str,),
    "model": (dict,),
}
STEP: Kinds = {
    "i": (int,),
    "id": (int,),
    "text": (str,),
    "origin": (str,),
    "logprob": NUMBER,
    "p": NUMBER,
    "rank": (int,),
    "entropy": NUMBER,
    "top": (list,),
    "t": (int,),
}
SETTINGS = {
    "model",
    "k",
    "temperature",
    "top_p",
    "min_p",
    "max_new_tokens",
    "seed",
    "prefix",
    "delay",
    "guard",
    "tau",
}
CODES = {"invalid", "not_found", "forbidden", "rate_limited", "busy", "model_unavailable", "failed"}
REASONS = {"eos", "stop", "length", "cancelled", "blocked", "failed"}
ORIGINS = {"sampled", "prefix", "edit", "nudge", "given"}
CLOSE_CODES = {1000, 1009, 4400, 4401, 4403, 4408, 4410, 4429}


def check(frame: Frame, size: int) -> None:
    kind = frame["type"]
    assert kind in FIELDS, f"the contract has no {kind!r}"
    _check_fields(frame, FIELDS[kind])
    if kind == "error":
        assert frame["code"] in CODES
        _check_sentence(frame["message"])
    elif kind == "finished":
        assert frame["reason"] in REASONS
    elif kind == "accepted":
        _check_fields(frame["run"], RUN)
        assert set(frame["run"]["settings"]) == SETTINGS
        assert frame["run"]["settings"]["seed"] is not None
        assert frame["run"]["status"] in ("queued", "running", "finished")
    elif kind == "steps":
        assert size <= 64 * 1024, f"a frame of {size} bytes"
        assert frame["steps"], "a frame without steps"
        for step in frame["steps"]:
            _check_step(step)


def _check_step(step: Frame) -> None:
    _check_fields(step, STEP)
    assert step["origin"] in ORIGINS
    assert step["logprob"] <= 1e-6
    assert 0 <= step["p"] <= 1
    assert step["rank"] >= 0
    assert step["entropy"] >= 0
    logprobs = [logprob for _, _, logprob, _ in step["top"]]
    assert logprobs == sorted(logprobs, reverse=True)


def _check_fields(body: Frame, kinds: Kinds) -> None:
    for name, allowed in kinds.items():
        assert name in body, f"{name} is missing in {body}"
        value = body[name]
        assert isinstance(value, allowed), f"{name} is {value!r}"
        assert not isinstance(value, bool), f"{name} is {value!r}"


def _check_sentence(message: str) -> None:
    assert message.endswith("."), message
    assert len(message) < 300, message
    assert "\n" not in message
    assert "Traceback" not in message
    assert "/" not in message, f"a path? {message}"


class Order:
    """Of one run on one socket: steps are dense from the cursor on, and nothing follows the end.

    `again`: the run was followed before, so frames of that may still be on their way.
    """

    def __init__(self, after: int, again: bool = False) -> None:
        self.reached = after
        self.ended = False
        self._again = again

    def take(self, frame: Frame) -> bool:
        """False for a frame of the subscription before."""
        assert not self.ended, f"{frame['type']} after the end of the run"
        if frame["type"] == "steps":
            if self._again and frame["steps"][0]["i"] != self.reached + 1:
                return False
            self._again = False
            for step in frame["steps"]:
                assert step["i"] == self.reached + 1, f"step {step['i']} after step {self.reached}"
                self.reached = step["i"]
        self.ended = frame["type"] in ("finished", "gone")
        return True
