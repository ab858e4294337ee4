"""Every architecture through the engine against its own plain pass, in float32, within 1e-4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from transformers import AutoModelForCausalLM

from generation.engine import Action, Engine, Inject, Request, Rewind, Step
from generation.engine.build import Built, build
from generation.engine.inprocess import Limits
from tests.generation.engine.architectures import ARCHITECTURES, Architecture, real_models, tiny
from tests.generation.engine.driving import Plain, Recorder, finish, start, worst_difference

BUDGET = 16  # prompt tokens a step
ALLOWED = 1e-4
Asked = Action | tuple[Action, ...] | None


def plain_of(model: Any) -> Plain:
    @torch.inference_mode()
    def logits(text: list[int]) -> npt.NDArray[np.float64]:
        out = model(input_ids=torch.tensor([text]), use_cache=False)
        return np.asarray(out.logits[0].double().numpy())

    return Plain(logits)


def text(seed: int, length: int, vocabulary: int) -> tuple[int, ...]:
    return tuple(np.random.default_rng(seed).integers(3, vocabulary, length).tolist())


def once(position: int, action: Asked) -> Any:
    """A control that acts the first time that `position` is reached."""
    done = False

    def control(step: Step) -> Asked:
        nonlocal done
        if done or step.position != position:
            return None
        done = True
        return action

    return control


def everything(engine: Engine, vocabulary: int) -> list[Recorder]:
    """Chunked prompts, mixed batches, injections, rewinds, branches from running and from ended runs."""
    long, short = text(1, 41, vocabulary), text(2, 5, vocabulary)
    forced = text(3, 4, vocabulary)
    watched = [
        start(engine, Request("short", short, max_new=14, seed=1)),
        start(engine, Request("long", long, max_new=5, seed=2, forced=forced)),
    ]
    for _ in range(4):  # the long prompt is read while the short one's answer is written
        engine.steps()
    nudge = Inject(text(4, 21, vocabulary))  # longer than the budget
    watched += [
        start(engine, Request("nudged", long[:12], max_new=6, seed=3), once(14, nudge)),
        start(engine, Request("back", long[:30], max_new=7, seed=4), once(34, (Rewind(31), nudge))),
        start(engine, Request("branch", (*short, *watched[0].text[5:8], 7), max_new=6, seed=5)),
    ]
    finish(engine)
    watched += [
        start(engine, Request("later", (*long[:25], 9), max_new=4, seed=6)),
        start(engine, Request("again", (*long, *forced, 11), max_new=4, seed=7)),
        start(engine, Request("reborn", (*watched[3].text[:-2], 8), max_new=4, seed=8)),
    ]
    finish(engine)
    return watched


def check(built: Built, plain: Plain, vocabulary: int) -> None:
    watched = everything(built.engine, vocabulary)
    for recorder in watched:
        assert recorder.steps[-1].end is not None
        assert worst_difference(recorder, plain) < ALLOWED, recorder.steps[0].id
    if built.packed:
        reused = {recorder.steps[0].id: recorder.steps[0].reused for recorder in watched}
        assert reused == {
            "short": 0,
            "long": 0,
            "nudged": 11,  # all but the last, whose logits are needed
            "back": 29,
            "branch": 8,
            "later": 25,
            "again": 45,
            "reborn": len(watched[3].text) - 2,
        }


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_an_architecture_says_what_its_plain_pass_says(architecture: Architecture) -> None:
    built = build(tiny(architecture), Limits(prefill_tokens=BUDGET))
    assert built.packed == architecture.packed
    assert built.packed or built.notice.startswith("This model is served one run at a time, since ")
    check(built, plain_of(tiny(architecture)), vocabulary=96)


@pytest.mark.parametrize("folder", [None, *real_models()], ids=lambda f: f.name if f else "saved")
def test_a_model_from_a_folder_says_what_its_plain_pass_says(folder: Path | None, tmp_path: Path) -> None:
    """The trained ones that are there, and always a random one that was saved before."""
    if folder is None:
        folder = tmp_path
        tiny(ARCHITECTURES[0]).save_pretrained(folder)

    def load() -> Any:
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    built = build(load(), Limits(prefill_tokens=BUDGET))
    assert built.packed
    check(built, plain_of(load()), vocabulary=96 if folder == tmp_path else 512)


def test_at_least_twenty_architectures_are_packed() -> None:
    assert sum(architecture.packed for architecture in ARCHITECTURES) >= 20
