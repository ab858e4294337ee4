"""Users, runs and steps for tests; every step is made from its run's seed and its index alone."""

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import numpy as np
from django.contrib.auth import get_user_model

from generation import runs, vocabulary
from generation.begin import Asking, begin
from generation.chunks import StepRecord, encode
from generation.models import Run
from generation.outcome import Outcome
from generation.protocol import Branch, Generate, Origin, Reason, ServerMessage, Steps
from generation.recorder import Recorder
from generation.replay import Reader, history
from generation.runs import Claim
from generation.text.pieces import Pieces
from tests import patience

MODEL, FINGERPRINT = "tiny", "f1"
WORDS = [f" w{i}".encode() for i in range(200)]


def user(name: str = "owner") -> int:
    made, _ = get_user_model().objects.get_or_create(username=name)
    return int(made.pk)


def asking(name: str = "owner") -> Asking:
    return Asking(user(name), [MODEL, "other"])


def new_run(name: str = "owner", **fields: Any) -> Run:
    return begin(asking(name), Generate(**{"prompt": "Hi", **fields}))


def branch(run: Run, at: int, name: str = "owner", **fields: Any) -> Run:
    return begin(asking(name), Branch(run=run.id, at=at, **fields))


def claim(engine: str = "e1", count: int = 1) -> list[Claim]:
    vocabulary.keep(FINGERPRINT, MODEL, Pieces(WORDS))
    return runs.claim(engine, MODEL, FINGERPRINT, count)


def record(seed: int, i: int, k: int = 5) -> StepRecord:
    rng = random.Random(f"{seed} {i}")
    ids = np.array(rng.sample(range(200), k), np.int32)
    logprobs = np.sort(np.array([-rng.random() * 9 - 0.01 for _ in range(k)], np.float32))[::-1].copy()
    p = np.exp(logprobs) / np.exp(logprobs).sum()
    token = int(ids[0])
    text = WORDS[token].decode()
    return StepRecord(
        token,
        text,
        Origin.SAMPLED,
        float(logprobs[0]),
        float(p[0]),
        0,
        1.5,
        i,
        ids,
        logprobs,
        p.astype(np.float32),
    )


def block(seed: int, first: int, count: int) -> bytes:
    return encode(first, [record(seed, i) for i in range(first, first + count)])


def text_of(seed: int, first: int, end: int) -> str:
    return "".join(record(seed, i).text for i in range(first, end))


def outcome(steps: int, text: str = "", reason: Reason = Reason.LENGTH) -> Outcome:
    return Outcome(reason, steps, text, usage={"sampled_tokens": steps}, timings={"total": 1.0})


def generate_all(recorder: Recorder, one: Claim, count: int, seed: int = 1, cut: Iterable[int] = ()) -> None:
    """The run's steps up to `count` in blocks that end at `cut`, then its end."""
    recorder.open(one)
    first = one.recorded.steps
    for end in sorted({*(c for c in cut if first < c < count), count}):
        recorder.steps(one.run.id, block(seed, first, end - first), end - first)
        first = end
    recorder.finish(one.run.id, outcome(count, text_of(seed, 0, count)))


def finished_run(
    recorder: Recorder, steps: int = 6, seed: int = 1, name: str = "owner", **fields: Any
) -> Run:
    new_run(name, **fields)
    (one,) = claim()
    generate_all(recorder, one, steps, seed)
    assert recorder.drain(10)
    return Run.objects.get(id=one.run.id)


def steps_in(messages: Iterable[ServerMessage]) -> list[int]:
    return [step["i"] for message in messages if isinstance(message, Steps) for step in message.steps]


def texts_in(messages: Iterable[ServerMessage]) -> str:
    return "".join(
        step["text"] for message in messages if isinstance(message, Steps) for step in message.steps
    )


def recorded_steps(run: str, after: int = -1) -> list[int]:
    return steps_in(history(run, after))


async def read_all(reader: Reader, limit: int = 256) -> list[ServerMessage]:
    found: list[ServerMessage] = []
    while not reader.done:
        found += await asyncio.wait_for(reader.read(limit), patience.SECONDS)
    return found
