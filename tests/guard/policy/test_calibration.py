from __future__ import annotations

from random import Random

import pytest
from scipy.stats import beta

from generation.sandbox.guarding.recipe import LEAST
from guard.policy import Gate
from guard.policy.calibration import Uncalibratable, calibrate
from guard.policy.classic import Classic
from guard.policy.consecutive import Consecutive
from guard.policy.detection import Labelled, compare, detect
from guard.policy.ema import Ema
from guard.policy.interval import interval, lower, upper
from guard.policy.rule import Rule
from guard.policy.sure import surely
from tests.guard.policy.driving import CALM, HOT, feed, left, policy

pytestmark = pytest.mark.once

RULES: tuple[Rule, ...] = (Classic(), Consecutive(k=2), Ema())


def answers(count: int, seed: int = 1) -> list[tuple[float, ...]]:
    by = Random(seed)
    return [
        tuple(round(by.betavariate(1, 3) * 65533) / 65533 for _ in range(by.randint(5, 60)))
        for _ in range(count)
    ]


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.975, 0.999])
def test_bounds_are_the_exact_ones(confidence: float) -> None:
    for hits, count in [(0, 1), (1, 1), (1, 2), (0, 50), (3, 100), (99, 100), (7, 3000), (2999, 3000)]:
        above = 1.0 if hits == count else float(beta.ppf(confidence, hits + 1, count - hits))
        below = 0.0 if hits == 0 else float(beta.ppf(1 - confidence, hits, count - hits + 1))
        assert upper(hits, count, confidence) == pytest.approx(above, abs=1e-10)
        assert lower(hits, count, confidence) == pytest.approx(below, abs=1e-10)
    assert interval(0, 10) == (lower(0, 10, 0.975), upper(0, 10, 0.975))


@pytest.mark.parametrize(("hits", "count"), [(-1, 5), (6, 5), (0, 0)])
def test_what_is_no_share_has_no_bound(hits: int, count: int) -> None:
    with pytest.raises(ValueError, match="share"):
        upper(hits, count)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("budget", [0.0, 0.01, 0.07, 0.5, 1.0])
def test_a_calibrated_line_keeps_its_budget_and_is_the_lowest_that_does(rule: Rule, budget: float) -> None:
    benign = answers(100)
    found = calibrate(rule, benign, budget)

    def stopped(threshold: float) -> int:
        judge = rule.at(threshold)
        return sum(any(reading.on for reading in judge.readings(scores)) for scores in benign)

    assert stopped(found.threshold) == found.calibration.stopped <= round(budget * 100)
    assert found.calibration.bound == upper(found.calibration.stopped, 100)
    if found.threshold > 0:
        assert stopped(found.threshold - 2e-6) > round(budget * 100)


def test_the_bound_holds_on_answers_that_it_never_saw() -> None:
    for rule in RULES:
        found = calibrate(rule, answers(1000, 1), 0.05)
        fresh = [Labelled(scores) for scores in answers(1000, 2)]
        low, _ = detect(rule.at(found.threshold), fresh, 8).false_alarms.interval
        assert low <= found.calibration.bound


def test_few_answers_are_said_to_prove_little() -> None:
    found = calibrate(Ema(), answers(20), 0.01)
    assert (found.calibration.stopped, found.calibration.count) == (0, 20)
    assert found.calibration.bound == pytest.approx(1 - 0.05 ** (1 / 20))


@pytest.mark.parametrize(
    ("benign", "budget"),
    [([], 0.01), ([(0.1, float("nan"))], 0.01), ([(0.1,)], 1.5), ([(1.0,) * 9] * 50, 0.01)],
)
def test_what_cannot_be_calibrated_is_said_in_a_sentence(
    benign: list[tuple[float, ...]], budget: float
) -> None:
    with pytest.raises(Uncalibratable) as caught:
        calibrate(Classic(), benign, budget)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("rule", RULES)
def test_a_line_is_not_put_below_the_least(rule: Rule) -> None:
    benign = answers(300)
    free, floored = (calibrate(rule, benign, 0.5, least) for least in (0.0, 0.9))
    assert free.threshold < 0.9 == floored.threshold
    assert floored.calibration.stopped == sum(rule.peak(scores) >= 0.9 for scores in benign)
    assert floored.calibration.bound == upper(floored.calibration.stopped, 300)
    assert calibrate(rule, benign, 0.5, free.threshold / 2) == free


@pytest.mark.parametrize("rule", RULES)
def test_a_sure_line_keeps_the_budget_with_its_bound(rule: Rule) -> None:
    sure, plain = surely(rule, answers(300), 0.1), calibrate(rule, answers(300), 0.1)
    assert sure.calibration.bound <= 0.1 < plain.calibration.bound
    assert sure.threshold > plain.threshold
    assert sure.calibration.budget == 0.1
    assert surely(rule, answers(300), 0.1, 0.99).threshold == 0.99
    with pytest.raises(Uncalibratable, match="too few"):
        surely(rule, answers(28), 0.1)


def test_one_odd_token_alone_stays_below_the_sandbox_guard_s_least_line() -> None:
    assert Ema().peak([0.0, 1.0, 0.0]) < 0.45 < LEAST < 0.65 < Ema().peak([0.0, 1.0, 1.0])


def test_delay_exposure_and_false_alarms() -> None:
    rule = Classic(0.5, warmup=0)
    labelled = [
        Labelled((CALM, CALM, CALM)),
        Labelled((CALM, HOT, CALM)),
        Labelled((CALM, CALM, CALM, HOT, HOT, HOT), onset=2),
        Labelled((CALM,) * 6, onset=3),
    ]
    found = detect(rule, labelled, hold=0)
    assert (found.false_alarms.hits, found.false_alarms.count) == (1, 2)
    assert (found.caught.hits, found.caught.count) == (1, 2)
    # Token 2 is the first unsafe one; three tokens were judged at the alarm, and the fourth leaves with it.
    assert (found.delays, found.exposures) == ((1,), (2, 2))
    assert detect(rule, labelled, hold=1).exposures == (0, 2)


@pytest.mark.parametrize("hold", [0, 1, 4, 8])
def test_exposure_is_what_the_gate_lets_out(hold: int) -> None:
    by = Random(9)
    for _ in range(300):
        onset = by.randint(0, 20)
        scores = (*(by.random() * 0.5 for _ in range(onset + 1)), *(by.random() for _ in range(20)))
        rule, judge = Ema(0.8, row=2), policy(rule={"kind": "ema", "row": 2}, threshold=0.8, hold=hold,
                                              ladder=[{"kind": "nudge"}, {"kind": "refuse"}])  # fmt: skip
        gate: Gate[str] = Gate([judge])
        shown = 0
        for score in scores[:-1]:
            (answer,) = feed(gate, [score])
            shown += len(left([answer]))
            if answer.orders:
                break
        else:
            answer = gate.close({"g": scores[-1]})
            shown += len(left([answer]))
        assert detect(rule, [Labelled(scores, onset)], hold).exposures == (max(0, shown - onset),)


def test_rules_stand_beside_each_other() -> None:
    labelled = [Labelled(scores) for scores in answers(30)]
    found = compare({rule.kind: (rule, 8) for rule in RULES}, labelled)
    assert list(found) == ["classic", "consecutive", "ema"]
    assert all(each.false_alarms.count == 30 for each in found.values())
    assert found["ema"].delay is None
    assert found["ema"].exposure is None
    assert found["ema"].caught.interval == (0.0, 1.0)
