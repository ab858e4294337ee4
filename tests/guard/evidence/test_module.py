"""Probes as torch modules: what numpy computes, alone, side by side, and in batches of any size."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
import torch

from guard.evidence.architecture import ACTIVATIONS, NORMS, Activation, Norm
from guard.evidence.artifact import Artifact
from guard.evidence.card import Calibration
from guard.evidence.stack import Stack
from tests.guard.evidence.made import WIDTH, architecture, artifact

Floats = npt.NDArray[np.float64]
pytestmark = pytest.mark.once
HIDDEN: list[tuple[int, ...]] = [(), (8,), (5, 3), (4, 4, 4)]


def by_hand(one: Artifact, states: Floats) -> Floats:
    """The same score in float64 with numpy alone."""
    x = states.reshape(len(states), -1)
    arrays = {name: array.astype(np.float64) for name, array in one.arrays.items()}
    if one.card.architecture.norm == "standard":
        x = (x - arrays["mean"]) / arrays["scale"]
    acts: dict[Activation, Callable[[Floats], Floats]] = {
        "identity": lambda v: v,
        "logistic": lambda v: 1 / (1 + np.exp(-v)),
        "tanh": np.tanh,
        "relu": lambda v: np.maximum(v, 0),
    }
    act = acts[one.card.architecture.activation]
    depth = len(list(pairwise(one.card.architecture.sizes)))
    for number in range(depth):
        x = x @ arrays[f"weight.{number}"].T + arrays[f"bias.{number}"]
        x = act(x) if number + 1 < depth else x
    calibration = one.card.calibration
    return np.asarray(1 / (1 + np.exp(-(calibration.scale * x[:, 0] + calibration.shift))))


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("layers", [(2,), (0, 3)], ids=str)
def test_probes_compute_what_numpy_does_alone_and_side_by_side(
    hidden: tuple[int, ...], activation: Activation, norm: Norm, layers: tuple[int, ...]
) -> None:
    network = architecture(hidden, activation if hidden else "identity", norm, len(layers))
    made = [
        artifact(str(seed), network, layers, seed, calibration=Calibration(1 + seed / 4, seed / 10))
        for seed in range(3)
    ]
    states = np.random.default_rng(9).normal(0, 2, (7, len(layers), WIDTH))
    given = torch.from_numpy(states).float()
    stack = Stack([one.module() for one in made])(given)
    assert stack.shape == (7, 3)
    for column, one in enumerate(made):
        expected = by_hand(one, states)
        np.testing.assert_allclose(one.module()(given).numpy(), expected, atol=1e-5)
        np.testing.assert_allclose(stack[:, column].numpy(), expected, atol=1e-5)


def test_probes_with_one_scaler_share_its_work() -> None:
    network = architecture((6,), "relu", "standard")
    made = [artifact(str(seed), network, seed=seed) for seed in range(3)]
    for one in made[1:]:
        one.arrays.update(mean=made[0].arrays["mean"], scale=made[0].arrays["scale"])
    stack = Stack([one.module() for one in made])
    assert stack.get_buffer("mean").shape == (WIDTH,)
    states = np.random.default_rng(1).normal(0, 2, (4, 1, WIDTH))
    scores = stack(torch.from_numpy(states).float()).numpy()
    for column, one in enumerate(made):
        np.testing.assert_allclose(scores[:, column], by_hand(one, states), atol=1e-5)


def test_one_probe_s_broken_weights_reach_nobody_else() -> None:
    made = [artifact(str(seed), architecture((4,), "relu"), seed=seed) for seed in range(3)]
    made[1].arrays["weight.0"][0, 0] = np.nan
    states = torch.randn(5, 1, WIDTH)
    scores = Stack([one.module() for one in made])(states)
    assert scores[:, 1].isnan().all()
    assert scores[:, [0, 2]].isfinite().all()


def test_a_mean_far_above_the_spread_costs_no_digits() -> None:
    one = artifact("far", architecture((), norm="standard"))
    one.arrays["mean"] = np.full(WIDTH, 1000, np.float32)
    one.arrays["scale"] = np.full(WIDTH, 0.01, np.float32)
    states = (1000 + np.random.default_rng(0).normal(0, 0.01, (50, 1, WIDTH))).astype(np.float32)
    got = one.module()(torch.from_numpy(states)).numpy()
    np.testing.assert_allclose(got, by_hand(one, states.astype(np.float64)), atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_states_of_any_type_are_read(dtype: torch.dtype) -> None:
    one = artifact()
    states = torch.randn(3, 1, WIDTH).to(dtype)
    expected = by_hand(one, states.double().numpy())
    np.testing.assert_allclose(one.module()(states).numpy(), expected, atol=1e-5)


def test_probes_of_two_architectures_do_not_stand_side_by_side() -> None:
    with pytest.raises(ValueError, match="one architecture"):
        Stack([artifact().module(), artifact("b", architecture((3,))).module()])
