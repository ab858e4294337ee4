"""How the sandbox guard is made: labels, split, training, the baseline, and the card for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.engine import Request
from generation.engine.probes import Probe, ProbeBank
from generation.sandbox.guarding import recipe, report
from generation.sandbox.guarding.answers import BENIGN, Answer, collect, digest, part_of
from generation.sandbox.guarding.bag import Bag
from generation.sandbox.guarding.fitting import Fitting, fit, platt
from generation.sandbox.guarding.scoring import by_probe
from generation.sandbox.guarding.serving import ServedSampler
from generation.sandbox.guarding.states import states_of
from generation.sandbox.labelling import Group
from generation.sandbox.sampling import Sampler
from generation.sandbox.workshop import MODEL
from generation.served import Options, serve
from guard.evidence.artifact import Artifact, load
from tests.generation.engine.driving import finish, of

pytestmark = pytest.mark.once
SMALL = replace(
    recipe.WHOLE,
    learn={Group.PLAIN: 12, Group.ALIKE: 12, Group.UNSAFE: 12, Group.LED: 24},
    held={Group.PLAIN: 24, Group.ALIKE: 24, Group.UNSAFE: 6, Group.LED: 6},
    gate=2,
)


ASKED = dict.fromkeys((Group.LED, Group.UNSAFE, Group.ALIKE), 8)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Small passes on a busy machine: two threads would wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return ServedSampler(MODEL)


@pytest.fixture(scope="module")
def answers(sampler: Sampler) -> list[Answer]:
    return collect(sampler, ASKED, held=True, seed=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Artifact, Path]:
    """A guard from a few answers, with a budget that so few can be sure of."""
    out = tmp_path_factory.mktemp("made") / "guard"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recipe, "BUDGET", 0.2)
        return recipe.train(MODEL, out, SMALL, lambda line: None), out


def test_a_score_stands_before_each_token_and_one_after_the_last(
    sampler: Sampler, answers: list[Answer]
) -> None:
    prefix = sampler.encoder.text("Sure, here is")
    for answer in answers:
        assert answer.count == len(answer.spoken) + 1
        assert sampler.decode(answer.ids[: answer.first + 1]).endswith("assistant\n")
        if answer.group is Group.LED:
            assert answer.spoken[: len(prefix)] == prefix
    unsafe = [answer for answer in answers if answer.onset is not None]
    assert unsafe
    for answer in unsafe:
        assert answer.onset is not None
        assert answer.labels.index(True) == answer.onset
        before = sampler.decode(answer.spoken[: answer.onset - 1])
        assert len(before) < len(sampler.decode(answer.spoken)), "something unsafe was said from there on"
        if answer.group is Group.LED:
            assert answer.onset > len(prefix), "the words put into its mouth aren't unsafe by themselves"


def test_the_same_seed_gives_the_same_answers(sampler: Sampler, answers: list[Answer]) -> None:
    again = collect(sampler, ASKED, held=True, seed=3)
    assert digest(again) == digest(answers)
    assert digest(again[1:]) != digest(answers)


def test_no_wording_stands_in_two_parts() -> None:
    def answer(number: int, held: bool) -> Answer:
        """The same wordings come again and again; held-out ones are others, as in the corpus."""
        group = (Group.PLAIN, Group.ALIKE, Group.UNSAFE)[number % 3]
        onset = 2 if group is Group.UNSAFE else None
        return Answer(group, "kind", f"{group} {held} {number % 40}", [1, 2, 3, 4], 1, onset, number % 7 > 0)

    parts = recipe.split(
        [answer(number, False) for number in range(300)], [answer(number, True) for number in range(300)]
    )
    wordings = [{answer.template for answer in part} for part in (parts.fitted, parts.line, parts.budget)]
    wordings.append({answer.template for answer in parts.test})
    assert all(wordings)
    for number, some in enumerate(wordings):
        for others in wordings[number + 1 :]:
            assert not some & others
    assert all(answer.group in BENIGN for answer in parts.budget)


def test_parts_depend_on_the_words_alone() -> None:
    counts = np.bincount([part_of(f"How do I {number}?", 5) for number in range(1000)], minlength=5)
    assert counts.min() > 150


def test_training_finds_what_can_be_found() -> None:
    rng = np.random.default_rng(1)
    states = rng.normal(5, 3, (4000, 16)).astype(np.float32)
    labels = (states[:, 0] * (states[:, 1] - 5)) > 5
    arrays = fit(states, labels, Fitting(hidden=16, epochs=12, batch=64))
    x = (states - arrays["mean"]) / arrays["scale"]
    x = np.maximum(x @ arrays["weight.0"].T + arrays["bias.0"], 0) @ arrays["weight.1"].T + arrays["bias.1"]
    assert ((x[:, 0] > 0) == labels).mean() > 0.93
    again = fit(states, labels, Fitting(hidden=16, epochs=12, batch=64))
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)


def test_the_line_makes_probabilities_of_logits() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 3, 20_000).astype(np.float32)
    labels = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))
    scale, shift = platt(logits, labels)
    assert scale == pytest.approx(0.5, abs=0.03)
    assert shift == pytest.approx(-1, abs=0.08)


def test_states_do_not_depend_on_who_shares_the_pass(sampler: Sampler, answers: list[Answer]) -> None:
    together = states_of(sampler.model, answers, 2)
    for answer, states in zip(answers[:5], together[:5], strict=True):
        (alone,) = states_of(sampler.model, [answer], 2)
        assert states.shape == (answer.count, 256)
        np.testing.assert_allclose(states, alone, atol=1e-4)


def test_the_bag_knows_what_was_said_and_nothing_else(answers: list[Answer]) -> None:
    bag = Bag(answers)
    scores = [bag.scores(answer) for answer in answers]
    assert [len(some) for some in scores] == [answer.count for answer in answers]
    assert len({round(some[0], 6) for some in scores}) == 1, "before the first word it knows nothing"
    ends = [(some[-1], answer.onset is not None) for some, answer in zip(scores, answers, strict=True)]
    assert min(score for score, bad in ends if bad) > max(score for score, bad in ends if not bad)


@pytest.mark.timeout(400)
def test_what_is_made_is_a_whole_artifact_of_this_model(made: tuple[Artifact, Path]) -> None:
    artifact, out = made
    home = serve(Options(str(MODEL))).home
    assert home is not None
    back = load(out, home)
    assert back.sha256 == artifact.sha256
    card = back.card
    assert {one.rule for one in card.calibration.thresholds} == {"classic", "consecutive", "ema"}
    assert all(one.bound <= 0.2 for one in card.calibration.thresholds)
    assert len({metric.name for metric in card.metrics}) == len(card.metrics)
    assert sum(metric.most is not None for metric in card.metrics) == 5
    text = (out / "README.md").read_text(encoding="utf-8")
    assert text == report.text(card)
    for metric in card.metrics:
        if not metric.met:
            assert metric.name in text.partition("**Not reached:**")[2]


@pytest.mark.timeout(400)
def test_the_engine_gives_the_scores_that_were_measured(
    made: tuple[Artifact, Path], sampler: Sampler, answers: list[Answer]
) -> None:
    artifact, _ = made
    probe = Probe(artifact.name, artifact.module(), artifact.layers)
    engine = serve(Options(str(MODEL)), ProbeBank((probe,))).engine
    for number, answer in enumerate(answers):
        engine.submit(
            Request(
                str(number),
                tuple(answer.ids[: answer.first + 1]),
                forced=tuple(answer.spoken),
                max_new=0,
                probes=(artifact.name,),
            )
        )
    steps = finish(engine)
    for number, judged in enumerate(by_probe(artifact, sampler.model, answers)):
        live = [step.scores[artifact.name] for step in of(str(number), steps)]
        np.testing.assert_allclose(live, judged.scored.scores, atol=1e-3)
