"""Probes go in, scores come out: of the right place, and never anybody else's trouble."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from generation.engine import End, Inject, Rejected, Request, Rewind, Step
from generation.engine.inprocess import Limits
from generation.engine.probes import Probe, ProbeBank
from tests.generation.engine import oracle
from tests.generation.engine.driving import finish, of, start, tokens
from tests.generation.engine.kinds import NAMES, Kind
from tests.generation.engine.kinds import kind as kind_named

CONTEXT = (5, 9, 17, 3, 40, 6, 7, 8)


class Sum(torch.nn.Module):
    """A score in 0–1 from all its layers."""

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return states.tanh().mean((1, 2)).sigmoid()


class Failing(torch.nn.Module):
    def forward(self, states: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("broken weights")


class NotANumber(torch.nn.Module):
    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return states[:, 0, 0] * math.nan


class WrongShape(torch.nn.Module):
    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return states.new_zeros(states.shape[0] + 1)


@pytest.fixture(params=[name for name in NAMES if name != "remote vllm"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """All engines that see hidden states."""
    return kind_named(str(request.param))


def test_an_engine_that_sees_nothing_judges_nothing() -> None:
    blind = kind_named("remote vllm")
    with pytest.raises(ValueError, match="gives no hidden states, so no guard can read along"):
        blind.engine(probes=ProbeBank((Probe("mood", Sum(), (-1,)),)))
    engine = blind.engine()
    with pytest.raises(Rejected, match="gives no hidden states, so no guard can read along"):
        engine.submit(Request("a", CONTEXT, probes=("mood",)))
    assert engine.pause is None


def score(kind: Kind, layers: tuple[int, ...], text: list[int]) -> float:
    """What Sum says after the last token of a text, from a plain pass."""
    states = np.stack([kind.hidden(text, layer)[-1] for layer in layers])
    return float(Sum()(torch.from_numpy(states)[None])[0])


@pytest.mark.parametrize("layers", [(-1,), (0,), (1,), (-2, 1, 0)], ids=str)
def test_scores_judge_the_text_before_the_token(kind: Kind, layers: tuple[int, ...]) -> None:
    bank = ProbeBank((Probe("mood", Sum(), layers),))
    if kind.layers is not None and not kind.layers.issuperset(layers):
        with pytest.raises(ValueError, match="can't be read: the server gives the last one's states alone"):
            kind.engine(probes=bank)
        return
    engine = kind.engine(Limits(prefill_tokens=4), bank)
    asked = iter([(Rewind(11), Inject((50, 51, 52)))])

    def control(step: Step) -> tuple[Rewind, Inject] | None:
        return next(asked, None) if step.position == 13 else None

    request = Request("a", CONTEXT, max_new=8, seed=1, forced=(30, 31), probes=("mood",))
    recorder = start(engine, request, control)
    engine.submit(Request("b", CONTEXT[:3], max_new=9, seed=2))
    steps = finish(engine)
    assert len(recorder.steps) > 12
    for step, before in zip(recorder.steps, recorder.before, strict=True):
        assert set(step.scores) == {"mood"}
        np.testing.assert_allclose(step.scores["mood"], score(kind, layers, before), atol=1e-5)
    assert recorder.steps[-1].end is End.LENGTH, "the closing step judges the last token too"
    assert recorder.before[-1] == recorder.text
    assert all(step.scores == {} for step in of("b", steps))


def test_a_run_that_writes_nothing_is_judged_too(kind: Kind) -> None:
    engine = kind.engine(probes=ProbeBank((Probe("mood", Sum(), (-1,)),)))
    engine.submit(Request("a", CONTEXT, max_new=0, probes=("mood",)))
    (closing,) = finish(engine)
    np.testing.assert_allclose(closing.scores["mood"], score(kind, (-1,), list(CONTEXT)), atol=1e-5)


@pytest.mark.parametrize("forced", [(30,), (30, 31, 32)])
def test_a_run_of_forced_tokens_alone_is_judged_to_its_end(kind: Kind, forced: tuple[int, ...]) -> None:
    engine = kind.engine(probes=ProbeBank((Probe("mood", Sum(), (-1,)),)))
    recorder = start(engine, Request("a", CONTEXT, max_new=0, forced=forced, probes=("mood",)))
    engine.submit(Request("b", CONTEXT, max_new=2))
    steps = finish(engine, most=20)
    assert tokens(steps, "a") == list(forced)
    closing = of("a", steps)[-1]
    assert (closing.end, closing.position) == (End.LENGTH, len(CONTEXT) + len(forced))
    np.testing.assert_allclose(closing.scores["mood"], score(kind, (-1,), recorder.text), atol=1e-5)


def test_a_nudge_at_the_very_end_is_judged_too(kind: Kind) -> None:
    engine = kind.engine(probes=ProbeBank((Probe("mood", Sum(), (-1,)),)))

    def control(step: Step) -> Inject | None:
        return Inject((50, 51, 52)) if step.position == 10 and step.end else None

    recorder = start(engine, Request("a", CONTEXT, max_new=2, probes=("mood",)), control)
    steps = finish(engine, most=20)
    assert recorder.text[10:] == [50, 51, 52]
    assert steps[-1].end is End.LENGTH
    np.testing.assert_allclose(steps[-1].scores["mood"], score(kind, (-1,), recorder.text), atol=1e-5)


@pytest.mark.parametrize("broken", [Failing(), NotANumber(), WrongShape()], ids=lambda m: type(m).__name__)
def test_a_probe_that_fails_scores_nan_and_breaks_nothing(kind: Kind, broken: torch.nn.Module) -> None:
    bank = ProbeBank((Probe("bad", broken, (-1,)), Probe("good", Sum(), (-1,))))
    engine = kind.engine(probes=bank)
    request = Request("a", CONTEXT, max_new=4, seed=1, probes=("good", "bad"))
    recorder = start(engine, request)
    engine.submit(Request("b", CONTEXT, max_new=4, seed=1))
    steps = finish(engine)
    assert tokens(steps, "a") == tokens(steps, "b") == oracle.answer(kind.plain, request)
    for step, before in zip(recorder.steps, recorder.before, strict=True):
        assert math.isnan(step.scores["bad"])
        np.testing.assert_allclose(step.scores["good"], score(kind, (-1,), before), atol=1e-5)


def test_two_probes_with_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        ProbeBank((Probe("a", Sum(), (-1,)), Probe("a", Sum(), (0,))))


@pytest.mark.parametrize("layer", [4, -5, 99])
def test_a_layer_that_is_not_there_is_refused(layer: int) -> None:
    with pytest.raises(ValueError, match=f"There is no layer {layer}: this model has 3"):
        kind_named("packed").engine(probes=ProbeBank((Probe("a", Sum(), (layer,)),)))
