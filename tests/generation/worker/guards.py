"""A model without weights whose hidden state is the score that a test wants, and a real probe that reads it.

What is unsafe is decided by tokens alone, so a test can say for any text what the guard must have said of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.engine.directions import Pushed
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.scripted import Floats, ScriptedForward, hashed_script, shifted
from generation.home import home_at
from generation.protocol import Nudge, Retract, Verdict
from generation.served import Served
from guard import artifacts, publishing
from guard.evidence.architecture import Architecture
from guard.evidence.artifact import Home, make, write
from guard.evidence.card import Belongs, Card
from guard.models import Artifact, Assignment, Policy, PolicyVersion
from guard.policy.reading import read
from tests.generation.saved import MODEL
from tests.generation.worker.engines import FINGERPRINT, Told, Watch, texts
from tests.tiny import CHATML

GUARD = "watchman"
WIDTH = 8  # what the scripted model shows of itself: its first logits
HOME = Home(MODEL, FINGERPRINT, WIDTH, 4, None)
CALM, ALARM = 0.05, 0.95
SAMPLED_FROM = 40.0  # logits by which the tokens that may be sampled lie above those that carry the score

Scores = Callable[[Sequence[int]], float]


def is_bad(token: int) -> bool:
    return token % 5 == 2


def of_last(tokens: Sequence[int]) -> float:
    """Unsafe exactly behind a bad token."""
    return ALARM if tokens and is_bad(tokens[-1]) else CALM


class Temper:
    """The script of a model that says bad things; with `reforms`, no more once it has said those words."""

    def __init__(self, size: int, score: Scores = of_last, reforms: str = "", bias: float = 0.0) -> None:
        self._script = hashed_script(size)
        self._score = score
        self._ids = np.arange(size)
        self._bad = np.array([is_bad(token) for token in range(size)])
        self._reforms = [list(texts(CHATML)[1].encode_text(f" {reforms}"))] if reforms else []
        self._bias = bias

    def __call__(self, tokens: list[int]) -> npt.NDArray[np.float32]:
        logits = self._script(tokens) + np.float32(SAMPLED_FROM)
        logits[self._bad] += np.float32(self._bias)
        if any(contains(tokens, words) for words in self._reforms):
            logits[self._bad] = 0.0
        logits[:WIDTH] = 0.0
        score = self._score(tokens)
        logits[0] = score if not math.isfinite(score) else np.log(score / (1 - score))
        return logits


def calmed(logits: Floats, tokens: list[int], pushes: dict[int, Pushed]) -> Floats:
    """Steered, it says nothing bad; and whatever was steered before is felt."""
    logits = shifted(logits, tokens, pushes)
    if len(tokens) - 1 in pushes:
        logits[[token for token in range(len(logits)) if is_bad(token)]] = 0.0
    return logits


def contains(tokens: Sequence[int], words: Sequence[int]) -> bool:
    n = len(words)
    return any(list(tokens[i : i + n]) == list(words) for i in range(len(tokens) - n + 1))


def guarded(
    script: Temper | None = None,
    watch: Watch | None = None,
    places: int = 4,
    ends: frozenset[int] = frozenset(),
) -> Served:
    pieces, conversation, _ = texts(CHATML)
    script = script or Temper(len(pieces))
    forward = ScriptedForward(len(pieces), 4096, script, fail_when=watch, steered=calmed)
    engine = InProcessEngine(forward, Limits(places))
    return Served(MODEL, FINGERPRINT, engine, pieces, conversation, ends, (), HOME)


def temper(**more: Any) -> Temper:
    return Temper(len(texts(CHATML)[0]), **more)


def install(folder: Path, name: str = GUARD, home: Home = HOME, weight: float = 1.0) -> Artifact:
    """A linear probe that reads the score where the script put it."""
    network = Architecture("linear", WIDTH, (), "identity", "none")
    card = Card(
        name=name,
        architecture=network,
        layers=(2,),
        width=WIDTH,
        belongs=Belongs(home.name, home.fingerprint, home.layers),
        sha256="0" * 64,
        chat_template=home.chat_template,
    )
    row = np.zeros((1, WIDTH))
    row[0, 0] = weight
    made = make(card, {"weight.0": row, "bias.0": np.zeros(1)})
    where = folder / f"{name}-{made.sha256[:8]}"
    write(made, where)
    return artifacts.register(where)


def suspicious(folder: Path, model: Path, bias: float = 3.0, **more: Any) -> None:
    """For a real model: a guard that finds everything unsafe, whatever is said."""
    home = home_at(str(model))
    network = Architecture("linear", home.width, (), "identity", "none")
    card = Card(
        name=GUARD,
        architecture=network,
        layers=(1,),
        width=home.width,
        belongs=Belongs(home.name, home.fingerprint, home.layers),
        sha256="0" * 64,
        chat_template=home.chat_template,
        **more,
    )
    write(make(card, {"weight.0": np.zeros((1, home.width)), "bias.0": np.array([bias])}), folder)


CLASSIC: dict[str, Any] = {
    "evidence": [{"name": GUARD, "threshold": 0.5}],
    "rule": {"kind": "classic", "warmup": 4},
    "ladder": [{"kind": "nudge"}, {"kind": "refuse"}],
    "hold": 0,
    "nudge": "Sorry, let me say it better:",
}
WORDS = CLASSIC["nudge"]


def publish(name: str = "test", **changes: Any) -> PolicyVersion:
    """The next version of a policy, unassigned."""
    policy, _ = Policy.objects.get_or_create(name=name)
    publishing.edit(policy, read(CLASSIC | changes))
    return publishing.publish(policy)


def for_everybody(name: str = "test", **changes: Any) -> PolicyVersion:
    version = publish(name, **changes)
    Assignment.objects.get_or_create(policy=version.policy)
    return version


def nudges(answer: Told) -> list[Nudge]:
    return [message for message in answer.messages if isinstance(message, Nudge)]


def retracts(answer: Told) -> list[Retract]:
    return [message for message in answer.messages if isinstance(message, Retract)]


def verdicts(answer: Told) -> list[Verdict]:
    return [message for message in answer.messages if isinstance(message, Verdict)]


# One policy for each way of acting, each on what `of_last` finds.
ROLLBACK: dict[str, Any] = {
    "rule": {"kind": "consecutive", "k": 2},
    "ladder": [{"kind": "rollback+nudge"}, {"kind": "block"}],
    "hold": 0,
    "cooldown": 6,
}
HELD: dict[str, Any] = {
    "rule": {"kind": "ema", "a": 0.6, "prior": -2.0, "row": 2, "gap": 0.5},
    "ladder": [{"kind": "rollback+nudge"}, {"kind": "refuse"}],
    "hold": 8,
    "cooldown": 6,
}
BACKTRACK: dict[str, Any] = {
    "rule": {"kind": "consecutive", "k": 1},
    "ladder": [{"kind": "backtrack", "times": 3}, {"kind": "nudge"}, {"kind": "refuse"}],
    "hold": 2,
    "cooldown": 6,
}
BLOCK: dict[str, Any] = {"rule": {"kind": "consecutive", "k": 2}, "ladder": [{"kind": "block"}], "hold": 0}
STEER: dict[str, Any] = {
    "rule": {"kind": "consecutive", "k": 1},
    "ladder": [
        {"kind": "steer", "tokens": 3, "strength": 2, "times": 2},
        {"kind": "nudge"},
        {"kind": "refuse"},
    ],
    "hold": 1,
    "cooldown": 6,
}
POLICIES = {
    "classic": {},
    "rollback": ROLLBACK,
    "held": HELD,
    "backtrack": BACKTRACK,
    "steer": STEER,
    "block": BLOCK,
}
