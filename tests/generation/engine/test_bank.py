"""The bank of all probes: one call for those that are alike, and a run's scores whoever else is there."""

from __future__ import annotations

import math
import threading

import pytest
import torch

from generation.engine import Request
from generation.engine.probes import Probe, ProbeBank
from guard.evidence.artifact import Artifact
from guard.evidence.stack import Stack
from tests import patience
from tests.generation.engine.driving import finish, of
from tests.generation.engine.hanging import Hanging, impatient
from tests.generation.engine.kinds import kind
from tests.guard.evidence.made import HOME, WIDTH, architecture, artifact

pytestmark = pytest.mark.once


def probe(one: Artifact) -> Probe:
    return Probe(one.name, one.module(), one.layers)


def mixed() -> tuple[Probe, ...]:
    """Linear and deep ones on two layers, in an order that keeps no two alike together."""
    networks = [architecture(), architecture((6,), "relu", "standard"), architecture(layers=2)]
    places: list[tuple[int, ...]] = [(2,), (2,), (0, -1)]
    return tuple(
        probe(artifact(f"{number}-{kind}", networks[kind], places[kind], seed=10 * number + kind))
        for number in range(3)
        for kind in range(3)
    )


ENDS: tuple[tuple[str, tuple[int, ...]], ...] = (("before", ()), ("after", (6,)))


def states(count: int) -> dict[int, torch.Tensor]:
    return {layer: torch.randn(count, WIDTH) for layer in (0, 2, -1)}


@pytest.mark.parametrize("count", [1, 2, 16, 32])
def test_each_column_is_its_probe_alone(count: int) -> None:
    probes, hidden = mixed(), states(count)
    scores = ProbeBank(probes).score(hidden)
    assert scores is not None
    for column, one in enumerate(probes):
        alone = one.module(torch.stack([hidden[layer] for layer in one.layers], 1))
        torch.testing.assert_close(scores[:, column], alone, atol=1e-6, rtol=0)


def test_eight_that_are_alike_are_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    forward = Stack.forward

    def counted(self: Stack, given: torch.Tensor) -> torch.Tensor:
        calls.append(len(given))
        return forward(self, given)

    monkeypatch.setattr(Stack, "forward", counted)
    bank = ProbeBank(tuple(probe(artifact(f"p{seed}", seed=seed)) for seed in range(8)))
    scores = bank.score(states(16))
    assert scores is not None
    assert scores.shape == (16, 8)
    assert calls == [16]


def test_nothing_is_computed_that_nobody_wants() -> None:
    bank = ProbeBank(mixed())
    assert bank.score(states(2), ()) is None
    scores = bank.score(states(2), {"1-1"})
    assert scores is not None
    column = bank.names.index("1-1")
    assert scores[:, column].isfinite().all()
    assert scores[:, bank.names.index("0-0")].isnan().all()


def test_a_stack_that_fails_falls_back_to_each_probe_alone(caplog: pytest.LogCaptureFixture) -> None:
    good = [probe(artifact(f"p{seed}", seed=seed)) for seed in range(3)]
    bank = ProbeBank(tuple(good))
    del good[1].module._buffers["weight_0"]

    def broken(_states: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no kernel")

    bank._groups[0].stack.forward = broken  # type: ignore[union-attr]
    for _ in range(3):
        scores = bank.score(states(4))
        assert scores is not None
        assert scores[:, 1].isnan().all()
        assert scores[:, [0, 2]].isfinite().all()
    assert len(caplog.records) == 2, "the stack and the broken probe complain once each"


def test_one_that_hangs_is_waited_for_once_and_asked_again_when_it_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = (probe(artifact(name, architecture(sizes), seed=1)) for name, sizes in ENDS)
    hanging = Hanging(passes=2, calm=0.25)
    bank = ProbeBank((before, Probe("hanging", hanging, (2,)), after))

    def column() -> torch.Tensor:
        scores = bank.score(states(3))
        assert scores is not None
        assert scores[:, [0, 2]].isfinite().all(), "the others go on, whatever stands beside them"
        return scores[:, 1]

    with impatient(monkeypatch) as said:
        for _ in range(2):
            assert column().tolist() == [0.25] * 3
        for _ in range(3):
            assert column().isnan().all()
        assert said == ["Probe hanging doesn't answer"]
        assert hanging.asked == 3
        hanging.let_go()
        pause = threading.Event()
        for _ in range(int(patience.SECONDS / 0.01)):
            if not column().isnan().any():
                break
            pause.wait(0.01)
        assert column().tolist() == [0.25] * 3
        assert len(said) == 1


@pytest.mark.parametrize("others", [0, 1, 5, 15, 31])
def test_a_run_s_scores_do_not_depend_on_who_else_is_in_the_batch(others: int) -> None:
    packed = kind("packed")
    width = packed.hidden([5, 6, 7], 1).shape[1]
    home = type(HOME)(HOME.name, HOME.fingerprint, width, 3, None)
    networks = [architecture(width=width), architecture((6,), "tanh", "standard", width=width)]
    probes = tuple(
        probe(artifact(f"p{number}", networks[number % 2], (1 + number % 2,), number, home))
        for number in range(4)
    )
    names = tuple(one.name for one in probes)
    request = Request("mine", (5, 9, 17, 3, 40), max_new=12, seed=4, probes=names)

    def scores(count: int) -> list[dict[str, float]]:
        engine = packed.engine(probes=ProbeBank(probes))
        engine.submit(request)
        for number in range(count):
            asked = names if number % 2 else ()
            context = tuple(range(1, 3 + number))
            engine.submit(Request(str(number), context, max_new=1 + number % 9, seed=number, probes=asked))
        return [step.scores for step in of("mine", finish(engine))]

    for together, alone in zip(scores(others), scores(0), strict=True):
        for name in names:
            assert not math.isnan(together[name])
            assert together[name] == pytest.approx(alone[name], abs=1e-3)
