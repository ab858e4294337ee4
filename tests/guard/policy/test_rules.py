"""Each stream rule against values worked out by hand."""

from __future__ import annotations

import math
from random import Random

import pytest

from guard.policy.classic import Classic
from guard.policy.consecutive import Consecutive
from guard.policy.ema import Ema, logit, sigmoid
from guard.policy.rule import Rule

pytestmark = pytest.mark.once


def on(rule: Rule, scores: list[float]) -> list[int]:
    return [place for place, reading in enumerate(rule.readings(scores)) if reading.on]


def test_classic_warms_up_for_four_tokens_and_then_takes_one() -> None:
    assert on(Classic(0.5), [0.9, 0.9, 0.9, 0.9, 0.49, 0.5, 0.2, 0.8]) == [5, 7]
    assert on(Classic(0.5), [0.9] * 4) == []
    assert on(Classic(0.5, warmup=0), [0.9, 0.1]) == [0]
    assert on(Classic(0.0), [0.0] * 6) == [4, 5]


def test_consecutive_needs_them_in_a_row() -> None:
    assert on(Consecutive(0.5, k=2), [0.9, 0.1, 0.9, 0.6, 0.9, 0.1]) == [3, 4]
    assert on(Consecutive(0.5, k=3), [0.9, 0.9, 0.4, 0.9, 0.9]) == []


def test_ema_is_the_exponential_mean_of_clipped_logits() -> None:
    rule = Ema(0.9, window=1, row=64)
    scores = [0.2, 0.9, 1.0]
    mean = -2.0
    for value in (math.log(0.25), math.log(9), 6.0):
        mean = 0.8 * mean + 0.2 * value
    fresh = 0.8 * -2.0 + 0.2 * 6.0
    assert rule.readings(scores)[-1].statistic == pytest.approx(sigmoid(max(mean, fresh)), abs=1e-12)
    assert (logit(0.0), logit(1.0), logit(0.5)) == (-6.0, 6.0, 0.0)


def test_ema_stays_on_until_it_has_fallen_to_its_lower_line() -> None:
    rule = Ema(sigmoid(1.0), prior=-1.0, slack=2.0, row=64)
    found = [reading.on for reading in rule.readings([0.99] * 3 + [0.1] * 20)]
    first = found.index(True)
    assert first == 1
    assert found[first:] == sorted(found[first:], reverse=True)  # it goes off once, and not before time
    means = [reading.statistic for reading in rule.readings([0.99] * 3 + [0.1] * 20)]
    gone = found.index(False, first)
    assert means[gone] <= sigmoid(-1.0) < means[gone - 1] < sigmoid(1.0)


def test_a_long_harmless_beginning_does_not_dilute_what_follows() -> None:
    rule = Ema(0.9, row=64)
    short = on(rule, [0.98] * 20)[0]
    diluted = on(rule, [0.001] * 200 + [0.98] * 20)[0] - 200
    assert diluted == short
    without = Ema(0.9, window=1, row=64)
    assert on(without, [0.001] * 200 + [0.98] * 20)[0] - 200 > short


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.6, 0.9, 0.99])
def test_harmless_text_always_takes_the_alarm_off_again(threshold: float) -> None:
    rule = Ema(threshold)
    readings = rule.readings([0.995] * 20 + [0.001] * 40)
    assert readings[19].on
    assert not readings[-1].on or threshold < sigmoid(rule.prior)
    assert readings[-1].calm is not readings[-1].on


def test_a_single_odd_token_does_not_move_it_past_the_line() -> None:
    assert on(Ema(0.9), [0.1, 0.1, 1.0, 0.1, 0.1, 1.0, 0.1]) == []


def test_three_very_high_tokens_in_a_row_stop_hard() -> None:
    rule = Ema(sigmoid(3.0))
    readings = rule.readings([0.01, 0.995, 0.995, 0.995])
    assert [reading.hard for reading in readings] == [False, False, False, True]
    assert readings[-1].on
    assert not any(reading.hard for reading in rule.readings([0.995, 0.995, 0.9, 0.995, 0.995]))


@pytest.mark.parametrize("rule", [Classic(), Consecutive(k=2), Ema(), Ema(window=3, row=2, a=0.5)])
def test_a_threshold_fires_exactly_up_to_the_peak(rule: Rule) -> None:
    by = Random(7)
    for _ in range(300):
        scores = [round(by.betavariate(0.6, 0.6) * 65533) / 65533 for _ in range(by.randint(1, 40))]
        peak = rule.peak(scores)
        if 0 < peak <= 1:
            assert on(rule.at(peak), scores)
            assert not on(rule.at(math.nextafter(peak, 2)), scores)


@pytest.mark.parametrize("rule", [Classic(), Consecutive(k=2), Ema()])
def test_a_lower_threshold_is_never_looser(rule: Rule) -> None:
    by = Random(3)
    for _ in range(300):
        scores = [by.random() for _ in range(30)]
        low, high = sorted((by.random(), by.random()))
        assert set(on(rule.at(high), scores)) <= set(on(rule.at(low), scores))


@pytest.mark.parametrize("rule", [Classic(0.7), Consecutive(0.7), Ema(0.7, window=4)])
def test_a_state_can_be_kept_and_gone_back_to(rule: Rule) -> None:
    by = Random(5)
    scores = [by.random() for _ in range(30)]
    states = [rule.start()]
    for score in scores:
        states.append(rule.judge(states[-1], score)[0])
    readings = rule.readings(scores)
    for place in range(30):
        assert rule.judge(states[place], scores[place]) == (states[place + 1], readings[place])
