"""What a step tells of a whole vocabulary, against double precision and the plain way."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from generation.engine.best import k_best
from generation.engine.readout import read

VOCABULARIES = (
    1,
    2,
    7,
    50,
    127,
    128,
    129,
    1000,
    6400,
    12_799,
    12_800,
    12_801,
    12_927,
    32_000,
    50_257,
    128_256,
)


def logits(lines: int, vocabulary: int, *, seed: int = 0, spread: float = 4.0) -> torch.Tensor:
    return torch.randn(lines, vocabulary, generator=torch.Generator().manual_seed(seed)) * spread


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
@pytest.mark.parametrize("k", [1, 5, 50])
def test_the_best_are_the_best(vocabulary: int, k: int) -> None:
    k = min(k, vocabulary)
    for seed in range(3):
        lines = logits(3, vocabulary, seed=seed)
        values, ids = k_best(lines, k)
        assert torch.equal(values, lines.topk(k).values)
        assert torch.equal(lines.gather(1, ids), values)
        assert all(len(set(row)) == k for row in ids.tolist())


@pytest.mark.parametrize("vocabulary", [300, 12_900, 50_257])
def test_the_best_may_stand_anywhere(vocabulary: int) -> None:
    """All in one block, one in each, in the rest that fills no block, at both ends."""
    for places in (range(40, 90), range(0, vocabulary, vocabulary // 50), range(vocabulary - 50, vocabulary)):
        wanted = list(places)[:50]
        line = torch.full((1, vocabulary), -5.0)
        line[0, wanted] = torch.arange(50, 0, -1).float()
        assert k_best(line, 50)[1][0].tolist() == wanted


@pytest.mark.parametrize("vocabulary", [60, 12_900])
def test_equals_are_told_once_each_and_hold_their_value(vocabulary: int) -> None:
    line = torch.zeros(2, vocabulary)
    line[:, 3] = 1.0
    values, ids = k_best(line, 50)
    for row in range(2):
        assert ids[row, 0] == 3
        assert len(set(ids[row].tolist())) == 50
        assert torch.equal(line[row, ids[row]], values[row])


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_of_equals_a_line_gives_the_same_ones_alone_and_among_others(vocabulary: int) -> None:
    lines = logits(16, vocabulary).round()  # many of each
    values, ids = k_best(lines, min(50, vocabulary))
    for line in range(16):
        alone = k_best(lines[line : line + 1], min(50, vocabulary))
        assert torch.equal(alone[0][0], values[line])
        assert torch.equal(alone[1][0], ids[line])


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
@pytest.mark.parametrize("spread", [0.01, 4.0, 60.0])
def test_the_numbers_agree_with_double_precision(vocabulary: int, spread: float) -> None:
    lines = logits(4, vocabulary, spread=spread)
    out = read(lines, 50, [0, -1, vocabulary - 1, vocabulary // 2], None)
    wide = lines.double()
    own = wide.log_softmax(-1)
    np.testing.assert_allclose(out.lse, wide.logsumexp(-1), rtol=2e-6, atol=2e-5)
    np.testing.assert_allclose(out.entropy, -(own.exp() * own).sum(-1) / math.log(2), rtol=1e-4, atol=1e-4)
    for line, token in ((0, 0), (2, vocabulary - 1), (3, vocabulary // 2)):
        assert out.forced_logit[line] == lines[line, token].item()
        assert out.forced_rank[line] == (lines[line] > lines[line, token]).sum()
    assert not out.broken().any()
    assert out.top_ids.shape == (4, min(50, vocabulary))
    assert out.top_ids.max() < vocabulary


def test_numbers_far_from_zero_lose_nothing() -> None:
    lines = logits(3, 1000)
    near, far = read(lines, 5, [-1] * 3, None), read(lines + 3000, 5, [-1] * 3, None)
    np.testing.assert_allclose(far.lse - 3000, near.lse, atol=1e-3)
    np.testing.assert_allclose(far.entropy, near.entropy, atol=2e-3)


def test_impossible_tokens_add_nothing() -> None:
    line = torch.full((1, 1000), -math.inf)
    line[0, [4, 900]] = 2.0
    out = read(line, 5, [7], None)
    assert not out.broken().any()
    assert set(out.top_ids[0, :2].tolist()) == {4, 900}
    np.testing.assert_allclose(out.entropy, [1.0], atol=1e-6)
    np.testing.assert_allclose(out.lse, [2 + math.log(2)], atol=1e-6)
    assert out.forced_logit[0] == -math.inf


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_only_the_broken_line_is_broken(bad: float) -> None:
    lines = logits(3, 500)
    if bad == -math.inf:
        lines[1] = bad
    else:
        lines[1, 77] = bad
    out = read(lines, 9, [3, 3, 3], torch.zeros(3, 2))
    assert out.broken().tolist() == [False, True, False]
    clean = read(lines[[0, 2]], 9, [3, 3], torch.zeros(2, 2))
    np.testing.assert_array_equal(out.top_ids[[0, 2]], clean.top_ids)
    np.testing.assert_array_equal(out.lse[[0, 2]], clean.lse)


def test_of_equals_the_lower_id_ranks_first() -> None:
    out = read(torch.tensor([[1.0, 5.0, 5.0, 5.0, 0.0]] * 4), 5, [1, 2, 3, 0], None)
    assert out.forced_rank.tolist() == [0, 1, 2, 3]


def test_scores_come_along() -> None:
    scores = torch.tensor([[0.25, math.nan], [0.5, 1.0]])
    out = read(logits(2, 40), 5, [-1, -1], scores)
    np.testing.assert_array_equal(out.scores, scores.numpy())
    assert not out.broken().any()


def test_lower_precision_is_read_in_single_precision() -> None:
    lines = logits(2, 300).bfloat16()
    out = read(lines, 5, [-1, 4], None)
    np.testing.assert_allclose(out.lse, lines.double().logsumexp(-1), atol=1e-4)
    assert out.forced_logit[1] == lines[1, 4].float().item()
