"""The noise, and that drawing with it follows the probabilities."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from generation.engine import Request
from generation.engine.gumbel import gumbel, keys_of
from generation.engine.sampler import (
    Settings,
    distribution,
    gumbel_choice,
    predecessor_choice,
    predecessor_distribution,
)

DRAWS = 40_000


def noise(seed: int, position: int, token: int) -> float:
    keys = keys_of(np.array([seed], np.uint64))
    return float(gumbel(keys, np.array([position], np.uint64), np.array([[token]], np.uint64))[0, 0])


def slowly(seed: int, position: int, token: int) -> float:
    """The same by whole numbers: what a run said years ago, it says again."""

    def mix(x: int) -> int:
        x &= 2**64 - 1
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
        return x ^ (x >> 31)

    golden = 0x9E3779B97F4A7C15
    bits = mix(mix(mix(seed + golden) + position * golden) + (token + 1) * golden)
    return -math.log(-math.log(((bits >> 11) + 0.5) / 2**53))


def draws(p: list[float], *, vary: str) -> npt.NDArray[np.int64]:
    """Many draws from p, over seeds or over the places of one text."""
    numbers = np.arange(DRAWS, dtype=np.uint64)
    still = np.full(DRAWS, 7, np.uint64)
    seeds, positions = (numbers, still) if vary == "seeds" else (still, numbers)
    ids = np.tile(np.arange(len(p), dtype=np.uint64) * np.uint64(997), (DRAWS, 1))
    return np.asarray((np.log(np.array(p)) + gumbel(keys_of(seeds), positions, ids)).argmax(1))


@pytest.mark.parametrize("vary", ["seeds", "positions"])
@pytest.mark.parametrize(
    "p",
    [
        [0.5, 0.5],
        [0.25] * 4,
        [0.9, 0.09, 0.009, 0.001],
        [0.7, 0.1, 0.1, 0.05, 0.05],
        [1 / 50] * 50,
    ],
    ids=len,
)
def test_draws_follow_the_probabilities(p: list[float], vary: str) -> None:
    counts = np.bincount(draws(p, vary=vary), minlength=len(p))
    assert stats.chisquare(counts, np.array(p) * DRAWS).pvalue > 0.001


def test_neighbouring_places_are_independent() -> None:
    said = draws([0.25] * 4, vary="positions")
    pairs = np.bincount(said[:-1] * 4 + said[1:], minlength=16)
    assert stats.chisquare(pairs).pvalue > 0.001


def test_the_noise_is_gumbels() -> None:
    many = gumbel(
        keys_of(np.arange(1000, 1200, dtype=np.uint64)),
        np.arange(200, dtype=np.uint64),
        np.tile(np.arange(100, dtype=np.uint64), (200, 1)),
    )
    assert stats.kstest(many.ravel(), "gumbel_r").pvalue > 0.001


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(0, 2**20), st.integers(0, 2**31 - 1))
def test_the_noise_is_a_pure_function_of_seed_place_and_token(seed: int, position: int, token: int) -> None:
    value = noise(seed, position, token)
    assert np.isfinite(value)
    assert math.isclose(value, slowly(seed, position, token), rel_tol=1e-12, abs_tol=1e-12)
    assert value == noise(seed, position, token)
    among = gumbel(
        keys_of(np.array([1, seed], np.uint64)),
        np.array([2, position], np.uint64),
        np.array([[1, 2], [3, token]], np.uint64),
    )
    assert value == among[1, 1], "whoever else is in the batch"
    assert len({value, noise(seed ^ 1, position, token), noise(seed, position + 1, token)}) == 3
    assert value != noise(seed, position, token + 1)


def of(logits: list[float], **values: float) -> npt.NDArray[np.float64]:
    """Beside a neighbour that asks for all of them."""
    requests = [Request("a", (1,), **values), Request("b", (1,), k=len(logits))]  # type: ignore[arg-type]
    p, _ = distribution(np.array([logits, logits], np.float32), Settings(requests))
    return np.asarray(p[0])


def test_cuts_keep_what_they_should() -> None:
    logits = np.log([0.5, 0.25, 0.15, 0.1]).tolist()
    np.testing.assert_allclose(of(logits), [0.5, 0.25, 0.15, 0.1], atol=1e-6)
    np.testing.assert_allclose(of(logits, k=2), [2 / 3, 1 / 3, 0, 0], atol=1e-6)
    np.testing.assert_allclose(of(logits, top_p=0.7), [2 / 3, 1 / 3, 0, 0], atol=1e-6)
    np.testing.assert_allclose(of(logits, top_p=0.8), [5 / 9, 2.5 / 9, 1.5 / 9, 0], atol=1e-6)
    np.testing.assert_allclose(of(logits, min_p=0.4), [2 / 3, 1 / 3, 0, 0], atol=1e-6)
    np.testing.assert_allclose(of(logits, temperature=0.0), [1, 0, 0, 0])
    np.testing.assert_allclose(of(logits, top_p=1e-9, min_p=1.0), [1, 0, 0, 0])
    np.testing.assert_allclose(of([3.0, 3.0, 3.0, -np.inf], min_p=1.0), [1 / 3, 1 / 3, 1 / 3, 0])


def test_what_was_cut_is_never_drawn() -> None:
    requests = [Request("a", (1,), seed=seed, k=3 + seed % 3, top_p=0.9) for seed in range(2000)]
    logits = np.tile(np.array([2.0, 1.0, -4.0, 1.0, -np.inf], np.float32), (2000, 1))
    logits = -np.sort(-logits, 1)
    batch = Settings(requests)
    p, scaled = distribution(logits, batch)
    ids = np.tile(np.arange(5), (2000, 1))
    columns = gumbel_choice(scaled, ids, batch, list(range(2000)))
    assert (p[np.arange(2000), columns] > 0).all()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=50),
    st.integers(0, 2**32),
    st.floats(0.05, 10),
)
def test_the_predecessors_draw_is_numpys_choice(logits: list[float], seed: int, temperature: float) -> None:
    request = Request("a", (1,), k=len(logits), temperature=temperature)
    p = predecessor_distribution(-np.sort(-np.array(logits, np.float32)), request)
    one, other = np.random.default_rng(seed), np.random.default_rng(seed)
    wide = p.astype(np.float64)
    for _ in range(20):
        assert predecessor_choice(p, one.random()) == other.choice(len(p), p=wide / wide.sum())
