"""Whatever fails, at whatever token: nothing leaves that wasn't judged, and nothing more at all."""

from __future__ import annotations

import math
from typing import Any

import pytest

from guard.policy import UNANSWERED, End, Gate, Policy, Token
from tests.guard.policy.driving import CALM, feed, inject, ladder, left, policy

pytestmark = pytest.mark.once

RULES = ({"kind": "classic"}, {"kind": "consecutive", "k": 2}, {"kind": "ema"})
BROKEN = (math.nan, math.inf, -math.inf, -0.1, 1.1, None, "unsafe")


@pytest.mark.parametrize("broken", [*BROKEN, "missing"])
@pytest.mark.parametrize("hold", [0, 1, 8])
@pytest.mark.parametrize("rule", RULES)
def test_at_every_token_it_ends_the_run_and_drops_what_is_held(
    rule: dict[str, object], hold: int, broken: object
) -> None:
    for failing in range(20):
        gate: Gate[str] = Gate([policy(rule=rule, hold=hold, threshold=0.9)])
        answers = feed(gate, [CALM] * failing)
        scores = {} if broken == "missing" else {"g": broken}
        answer = gate.take(Token("x", 1, "sampled", scores))  # type: ignore[arg-type]
        assert answer.out == []
        assert answer.orders == [End("failed", UNANSWERED)]
        assert left(answers) == [f"t{n}" for n in range(failing - hold)]
        (alarm,) = answer.alarms
        assert (alarm.action, alarm.guard, alarm.score, alarm.done) == ("error", "g", None, True)
        with pytest.raises(RuntimeError):
            gate.take(Token("y", 1, "sampled", {"g": CALM}))


@pytest.mark.parametrize("broken", BROKEN)
def test_so_it_does_behind_the_last_token(broken: float) -> None:
    gate: Gate[str] = Gate([policy(hold=4)])
    feed(gate, [CALM] * 6)
    answer = gate.close({"g": broken})
    assert (answer.out, answer.dropped) == ([], ["t2", "t3", "t4", "t5"])
    assert answer.end == End("failed", UNANSWERED)


def test_so_it_does_behind_a_nudge() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("nudge", "refuse"))])
    feed(gate, [0.99])
    inject(gate, 2)
    assert gate.take(Token("x", 1, "sampled", {"g": math.nan})).end == End("failed", UNANSWERED)


def test_words_that_nobody_ordered_let_nothing_out() -> None:
    gate: Gate[str] = Gate([policy(hold=4)])
    feed(gate, [CALM] * 3)
    with pytest.raises(RuntimeError):
        inject(gate, 1)
    assert gate.held == 3


def test_one_broken_guard_of_several_is_enough_and_is_named() -> None:
    both: dict[str, Any] = {"evidence": [{"name": "g", "threshold": 0.5}, {"name": "h", "threshold": 0.5}]}
    gate: Gate[str] = Gate([policy("a"), policy("b", **both)])
    answer = gate.take(Token("x", 1, "sampled", {"g": CALM}))
    assert answer.end == End("failed", UNANSWERED)
    assert [(alarm.policy, alarm.guard) for alarm in answer.alarms] == [("b", "h")]


def test_a_shadow_policy_that_may_fail_is_told_of_once_and_holds_up_nobody() -> None:
    other: dict[str, Any] = {"evidence": [{"name": "h", "threshold": 0.5}]}
    shadow = policy("s", shadow=True, **other)
    gate: Gate[str] = Gate([policy("a"), shadow])
    answers = feed(gate, [CALM] * 5)
    assert len(left(answers)) == 5
    assert [alarm.guard for answer in answers for alarm in answer.alarms] == ["h"]
    strict: Gate[str] = Gate([policy("s", shadow=True, on_error="block", **other)])
    assert feed(strict, [CALM])[0].end == End("failed", UNANSWERED)


def test_a_failure_weighs_more_than_an_alarm() -> None:
    policies: list[Policy] = [policy("a"), policy("b", evidence=[{"name": "h", "threshold": 0.5}])]
    gate: Gate[str] = Gate(policies)
    assert feed(gate, [0.99])[0].end == End("failed", UNANSWERED)
