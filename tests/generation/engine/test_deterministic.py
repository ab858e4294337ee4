"""Deterministic mode: the same bits alone and in a crowd that comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from generation.engine import Inject, Request, Rewind, Step
from generation.engine.build import NotDeterministic, build
from generation.engine.inprocess import InProcessEngine, Limits
from tests.generation.engine.architectures import ARCHITECTURES, real_models, tiny
from tests.generation.engine.driving import finish, of

PACKED = {str(a): a for a in ARCHITECTURES}


def models() -> dict[str, Callable[[], Any]]:
    """Loaders by name: an engine changes its model, so each gets a new one."""
    found: dict[str, Callable[[], Any]] = {
        name: partial(tiny, PACKED[name]) for name in ("llama", "gpt2", "gemma2", "gpt_oss", "qwen3")
    }
    for folder in real_models():
        found[folder.name] = partial(AutoModelForCausalLM.from_pretrained, folder, dtype=torch.float32)
    return found


MODELS = models()


def bits(steps: list[Step]) -> list[tuple[object, ...]]:
    return [
        (
            step.position,
            step.token,
            np.float64(step.logprob).tobytes(),
            np.float64(step.p).tobytes(),
            np.float64(step.entropy).tobytes(),
            step.top_ids.tobytes(),
            step.top_logprobs.tobytes(),
            step.top_p.tobytes(),
            step.end,
        )
        for step in steps
    ]


def nudged(step: Step) -> tuple[Rewind, Inject] | None:
    """Whatever the run, twenty tokens in."""
    if step.position == 70 and step.token != 9:
        return Rewind(68), Inject((7, 8, 9, 10, 11))
    return None


REQUEST = Request("mine", tuple((n * 5) % 90 + 3 for n in range(53)), max_new=30, seed=5, forced=(8, 9))


def alone(engine: InProcessEngine) -> list[tuple[object, ...]]:
    engine.submit(REQUEST, nudged)
    return bits(finish(engine))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("others", [3, 20, 45])
def test_not_a_bit_differs_in_a_crowd(name: str, others: int) -> None:
    limits = Limits(prefill_tokens=32, max_runs=48)
    by_itself = alone(build(MODELS[name](), limits, deterministic=True).engine)
    engine = build(MODELS[name](), limits, deterministic=True).engine
    crowd = [
        Request(
            str(n),
            tuple((place * 3 + n) % 90 + 3 for place in range(1 + n * 11 % 70)),
            max_new=1 + n * 7 % 25,
            k=1 + n % 50,
            seed=n,
            top_p=1 - n % 3 / 10,
        )
        for n in range(others)
    ]
    for number, request in enumerate(crowd[: others // 2]):
        engine.submit(request)
        if number % 4 == 0:
            engine.steps()
    engine.submit(REQUEST, nudged)
    out: list[Step] = []
    for request in crowd[others // 2 :]:
        out += engine.steps()
        engine.submit(request)
    out += finish(engine)
    together = bits(of("mine", out))
    assert len(together) > 30
    assert sum(a != b for a, b in zip(by_itself, together, strict=True)) == 0


@pytest.mark.parametrize("why", ["places", "memory"])
def test_not_a_bit_differs_for_a_run_that_is_put_back(why: str) -> None:
    by_itself = alone(build(tiny(PACKED["llama"]), Limits(prefill_tokens=32), deterministic=True).engine)
    forward_bytes = build(tiny(PACKED["llama"])).engine.forward.token_bytes
    limits = (
        Limits(prefill_tokens=32, max_runs=2)
        if why == "places"
        else Limits(prefill_tokens=32, row_bytes=120 * forward_bytes)
    )
    engine = build(tiny(PACKED["llama"]), limits, deterministic=True).engine
    engine.submit(Request("first", (4, 5, 6), max_new=80, seed=3))
    engine.submit(REQUEST, nudged)
    out: list[Step] = []
    while len(of("mine", out)) < 9:
        out += engine.steps()
    engine.submit(Request("b", (7, 8), max_new=5, owner="somebody else"))
    out += finish(engine)
    assert engine.counters.put_back > 0
    together = bits(of("mine", out))
    assert sum(a != b for a, b in zip(by_itself, together, strict=True)) == 0


@pytest.mark.parametrize("name", ["mamba", "mixtral"])
def test_it_is_refused_where_it_cannot_be_promised(name: str) -> None:
    """Mamba isn't packed; experts are computed by how many tokens chose them."""
    with pytest.raises(NotDeterministic, match=r"^Deterministic mode can't be promised .+\.$"):
        build(tiny(PACKED[name]), deterministic=True)
