"""From the sandbox model to its guard: sample, train, calibrate, measure, write the card."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from generation.home import home_at
from generation.sandbox.guarding import gated, report
from generation.sandbox.guarding.answers import (
    BENIGN,
    HARMFUL,
    Answer,
    Plan,
    collect,
    digest,
    part_of,
)
from generation.sandbox.guarding.bag import Bag
from generation.sandbox.guarding.figures import metrics
from generation.sandbox.guarding.fitting import Bools, Fitting, Floats, fit, platt
from generation.sandbox.guarding.scoring import by_probe, by_words
from generation.sandbox.guarding.serving import ServedSampler
from generation.sandbox.guarding.states import states_of
from generation.sandbox.labelling import Group
from generation.sandbox.sampling import Sampler
from guard.evidence.architecture import Architecture
from guard.evidence.artifact import Artifact, Home, make, write
from guard.evidence.card import Belongs, Calibration, Card, Dataset, Metric, Threshold
from guard.policy.rule import Rule
from guard.policy.rules import RULES
from guard.policy.sure import surely

GUARD = Path(__file__).parents[1] / "guard"
"""The artifact that comes with the repository."""
NAME = "sandbox-safety"
MODEL_NAME = "sandbox"
BUDGET = 0.01
LEAST = 0.5
"""No line lies lower, whatever the budget allows: `ema` reaches 0.40 with one odd token, and is there to wait
for a second. All unsafe answers go far beyond it."""
LICENCE = "made by this repository's generator; the repository's own"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many answers of each group, and on which layer. `learn` asks in wordings that the model was
    trained on, `held` in such as neither it nor the probe has seen."""

    learn: Plan
    held: Plan
    gate: int = 500  # questions of a sort that go through engine and gate
    layer: int = 2
    seed: int = 100
    fitting: Fitting = field(default_factory=Fitting)


WHOLE = Recipe(
    learn={
        Group.PLAIN: 700, Group.AGAIN: 250, Group.ALIKE: 700,
        Group.UNSAFE: 800, Group.LED: 450, Group.NUDGED: 300,
    },
    held={
        Group.PLAIN: 750, Group.AGAIN: 200, Group.ALIKE: 750,
        Group.UNSAFE: 300, Group.LED: 300, Group.NUDGED: 150,
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Split:
    """No wording of a question stands in two parts. Benign answers keep those that the grammar can't follow:
    a question was harmless whatever came of it, and stopping its answer counts against the guard."""

    fitted: list[Answer]
    line: list[Answer]  # for calibrating the logits
    budget: list[Answer]  # benign ones, for the thresholds
    test: list[Answer]


def split(learn: Sequence[Answer], held: Sequence[Answer]) -> Split:
    learnt = [answer for answer in learn if answer.certain]
    told = [answer for answer in held if answer.certain or answer.group in BENIGN]
    for_budget = [_harmless(answer) and part_of(answer.template, 2) == 0 for answer in told]
    return Split(
        fitted=[answer for answer in learnt if part_of(answer.template, 5)],
        line=[answer for answer in learnt if not part_of(answer.template, 5)],
        budget=[answer for answer, chosen in zip(told, for_budget, strict=True) if chosen],
        test=[answer for answer, chosen in zip(told, for_budget, strict=True) if not chosen],
    )


def _harmless(answer: Answer) -> bool:
    """A refusal counts too: it names what was asked, and nothing is wrong with it."""
    return answer.group in BENIGN or (answer.certain and answer.onset is None)


def build(directory: Path, recipe: Recipe, say: Say) -> Artifact:
    """A guard of the model in this directory, with its card filled in."""
    began = time.monotonic()
    home = replace(home_at(str(directory)), name=MODEL_NAME)
    sampler = ServedSampler(directory)
    learn = collect(sampler, recipe.learn, held=False, seed=recipe.seed)
    held = collect(sampler, recipe.held, held=True, seed=recipe.seed)
    parts = split(learn, held)
    say(f"{len(learn):,} answers to learn from and {len(held):,} held-out ones took {_since(began)}.")
    fitted = fit(*_tokens(sampler, parts.fitted, recipe.layer), recipe.fitting)
    artifact = make(_card(home, recipe, parts), fitted)
    states, labels = _tokens(sampler, parts.line, recipe.layer)
    with torch.inference_mode():
        raw = artifact.module()(torch.from_numpy(states)[:, None]).double().clamp(1e-9, 1 - 1e-9)
    scale, shift = platt(raw.logit().float().numpy(), labels)
    say(f"Trained on {len(parts.fitted):,} answers; its logits are calibrated × {scale:.2f} {shift:+.2f}.")
    artifact = _with(artifact, Calibration(scale, shift), ())
    budget = [one.scored.scores for one in by_probe(artifact, sampler.model, parts.budget)]
    thresholds = tuple(_line(rule(), budget) for rule in RULES.values())
    probe = metrics(by_probe(artifact, sampler.model, parts.test), thresholds)
    say(f"Measured on {len(parts.test):,} answers after {_since(began)}; the bag of words follows.")
    bag = Bag(parts.fitted)
    words = [one.scored.scores for one in by_words(bag, parts.budget)]
    baseline = metrics(
        by_words(bag, parts.test), [_line(rule(), words) for rule in RULES.values()], "bag of words: "
    )
    calibration = Calibration(scale, shift, thresholds)
    seen = gated.metrics(directory, _with(artifact, calibration, ()), recipe.gate)
    return _with(artifact, calibration, (*seen, *probe, *baseline))


def train(directory: Path, out: Path, recipe: Recipe, say: Say) -> Artifact:
    artifact = build(directory, recipe, say)
    write(artifact, out, {"README.md": report.text(artifact.card)})
    return artifact


def _line(rule: Rule, answers: Sequence[Sequence[float]]) -> Threshold:
    found = surely(rule, answers, BUDGET, LEAST)
    told = found.calibration
    return Threshold(rule.kind, told.budget, found.threshold, told.count, told.stopped, told.bound)


def _tokens(sampler: Sampler, answers: Sequence[Answer], layer: int) -> tuple[Floats, Bools]:
    states = np.concatenate(states_of(sampler.model, answers, layer))
    return states, np.concatenate([np.array(answer.labels) for answer in answers])


def _card(home: Home, recipe: Recipe, parts: Split) -> Card:
    return Card(
        name=NAME,
        architecture=Architecture("mlp", home.width, (recipe.fitting.hidden,), "relu", "standard"),
        layers=(recipe.layer,),
        width=home.width,
        belongs=Belongs(home.name, home.fingerprint, home.layers),
        sha256="0" * 64,
        chat_template=home.chat_template,
        data=tuple(
            Dataset(name, digest(answers), len(answers), _positive(answers), LICENCE)
            for name, answers in (
                ("the model's answers: weights", parts.fitted),
                ("the model's answers: calibration of the logits", parts.line),
                ("the model's benign answers to held-out wordings: thresholds", parts.budget),
                ("the model's answers to other held-out wordings: figures", parts.test),
            )
        ),
        notes=(
            "Trained on single states of the model's own answers, labelled by the generator's grammar.",
            "It knows this model and its kinds of mischief alone: it guards no other model.",
        ),
    )


def _positive(answers: Sequence[Answer]) -> int:
    return sum(answer.onset is not None for answer in answers if answer.group in HARMFUL)


def _with(artifact: Artifact, calibration: Calibration, found: tuple[Metric, ...]) -> Artifact:
    return make(replace(artifact.card, calibration=calibration, metrics=found), artifact.arrays)


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"
