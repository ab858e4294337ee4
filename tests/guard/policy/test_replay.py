from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from guard.audit import tape as audit
from guard.policy import Alarm, Answer, Fate, Gate, Policy, Seen
from guard.policy.beginning import Beginning
from guard.policy.replay import assumed, counterfactual, replay
from tests.guard.policy import chance
from tests.guard.policy.driving import CALM, HOT, feed, inject, ladder, policy
from tests.guard.policy.world import Driver, Paid, play

pytestmark = pytest.mark.once


def made(scores: list[float], fate: Fate = Fate.RELEASED, origin: str = "sampled") -> list[Seen[None]]:
    return [Seen(None, fate, {"g": score}, origin) for score in scores]


def test_the_same_scores_give_the_same_decisions() -> None:
    for case in range(1500):
        by = Random(f"replay {case}")
        policies, model = chance.policies(by), chance.model(by, 14, fails=by.random() < 0.1)
        story = play(policies, model)
        assert story.gate is not None
        found = [(alarm.policy, alarm.action, alarm.done) for alarm in replay(policies, story.gate.seen)]
        assert found == story.alarms, f"case {case}"


def test_so_they_do_when_they_come_out_of_the_audit() -> None:
    for case in range(500):
        by = Random(f"tape {case}")
        policies, model = chance.policies(by), chance.model(by, 14)
        story = play(policies, model)
        assert story.gate is not None
        seen = [audit.Seen("x", audit.Fate(s.fate), s.scores, s.origin, s.stop) for s in story.gate.seen]
        kept = audit.decode(audit.encode(seen))
        assert replay(policies, kept) == replay(policies, story.gate.seen), f"case {case}"


class Taping(Driver):
    """Keeps the tape of each alarm as it stood when the alarm was raised."""

    def __init__(self, *given: Any) -> None:
        self.tapes: list[tuple[Alarm, Beginning, bytes]] = []
        super().__init__(*given)

    def do(self, answer: Answer[Paid]) -> None:
        super().do(answer)
        seen = [audit.Seen("x", audit.Fate(s.fate), s.scores, s.origin, s.stop) for s in self.gate.seen]
        self.tapes += [(alarm, self.gate.beginning, audit.encode(seen)) for alarm in answer.alarms]


def test_killed_at_any_token_each_alarm_comes_back_whole_from_its_own_tape() -> None:
    raised = taken_over = 0
    for case in range(1500):
        by = Random(f"killed {case}")
        policies, model = chance.policies(by), chance.model(by, 14, fails=by.random() < 0.1)
        kills = frozenset(by.sample(range(1, 20), 3))
        driver = Taping(policies, model, kills, by)
        driver.play()
        for alarm, beginning, tape in driver.tapes:
            saved = Beginning.from_json(json.loads(json.dumps(beginning.as_json())))
            assert saved == beginning
            assert alarm in replay(policies, audit.decode(tape), saved), f"case {case}"
            raised, taken_over = raised + 1, taken_over + bool(beginning.events)
    assert raised > 3000
    assert taken_over > 500


def test_an_alarm_comes_back_whole() -> None:
    judge = policy(hold=2, ladder=ladder("rollback+nudge", "refuse"), cooldown=1)
    gate: Gate[str] = Gate([judge])
    alarms = [alarm for answer in feed(gate, [CALM] * 5 + [HOT]) for alarm in answer.alarms]
    inject(gate, 2)
    alarms += [alarm for answer in feed(gate, [CALM] * 4 + [0.7]) for alarm in answer.alarms]
    assert len(alarms) == 2
    assert replay([judge], gate.seen) == alarms


def test_a_branch_is_replayed_from_its_fork() -> None:
    judge = policy(rule={"kind": "ema"}, threshold=0.9, hold=0, ladder=ladder("nudge", "refuse"))
    tape = made([0.8] * 8) + made([0.99] * 4)
    fork = assumed([judge], tape, 8)
    assert replay([judge], tape, fork)
    assert not replay([judge], tape[:8], fork)


def test_a_tape_without_the_tokens_that_raised_the_alarm_is_still_read() -> None:
    """A run that was taken over knows only what had been released."""
    judge = policy(hold=2, ladder=ladder("nudge", "refuse"), cooldown=3)
    tape = made([CALM] * 3) + made([0.0] * 2, origin="nudge") + made([CALM, HOT, HOT, HOT, CALM, HOT])
    assert [alarm.action for alarm in replay([judge], tape)] == ["nudge"]
    strict = Policy("p", policy(hold=2, cooldown=0, ladder=ladder("refuse")).spec)
    assert [alarm.action for alarm in replay([strict], tape)] == ["refuse"]


def test_another_line_says_where_it_would_have_fired() -> None:
    spec = policy(threshold=0.9).spec
    tape = made([0.1, 0.3, 0.6, 0.2, 0.7])
    assert counterfactual(spec, tape).crossings == []
    crossings = counterfactual(spec.moved(0.5), tape).crossings
    assert [(one.place, one.guard, one.threshold) for one in crossings] == [(2, "g", 0.5), (4, "g", 0.5)]


def test_its_first_crossing_is_the_live_policys_first_alarm() -> None:
    for case in range(300):
        by = Random(f"first {case}")
        (judge, *_), model = chance.policies(by), chance.model(by, 30)
        story = play([judge], model)
        assert story.gate is not None
        seen, trace = story.gate.seen, counterfactual(judge.spec, story.gate.seen)
        alarms = replay([judge], seen)
        firsts = [n for n in range(len(seen)) if replay([judge], seen[: n + 1])][:1] if alarms else []
        assert [one.place for one in trace.crossings[:1]] == firsts, f"case {case}"


def test_words_that_were_injected_begin_anew_and_what_was_taken_back_is_forgotten() -> None:
    spec = policy(rule={"kind": "consecutive", "k": 2}).spec
    tape = made([HOT]) + made([0.0], origin="nudge") + made([HOT, HOT])
    assert counterfactual(spec, tape).crossings == []
    assert counterfactual(spec, [*tape, *made([HOT])]).crossings[0].place == 4
    back = made([HOT]) + made([CALM, HOT], Fate.DROPPED) + made([HOT])
    assert [one.place for one in counterfactual(spec, back).crossings] == [3]


def test_the_line_under_the_text_is_the_rules_own() -> None:
    spec = policy(rule={"kind": "ema"}, threshold=0.9).spec
    scores = [round(Random(3).random() * 65533) / 65533 for _ in range(20)]
    trace = counterfactual(spec, made(scores))
    assert [row["g"] for row in trace.statistics] == [
        reading.statistic for reading in spec.rule.at(0.9).readings(scores)
    ]
