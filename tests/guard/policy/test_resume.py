"""A gate that is made again from what was recorded is the gate that was lost."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from guard.policy import (
    UNANSWERED,
    Answer,
    Ban,
    End,
    Event,
    Gate,
    Inject,
    Policy,
    Recorded,
    Released,
    Rewind,
    Steer,
)
from guard.policy.resume import shortened
from tests.guard.policy import chance
from tests.guard.policy.driving import CALM, HOT, again, events, feed, inject, ladder, left, policy
from tests.guard.policy.world import Driver, play

pytestmark = pytest.mark.once


def calm(count: int, score: float = CALM) -> list[Recorded]:
    return [Recorded(place, place, "sampled", {"g": score}) for place in range(count)]


def test_killed_at_any_token_it_tells_the_same_story() -> None:
    """With all events and alarms, their keys included: the oracle's test looks at what a reader sees."""
    for case in range(2500):
        by = Random(case)
        policies, model = chance.policies(by), chance.model(by, 12, fails=by.random() < 0.2)
        whole = play(policies, model)
        kills = frozenset(by.sample(range(1, whole.made + 1), min(3, whole.made)))
        killed = play(policies, model, kills, case)
        assert killed.out == whole.out, f"case {case}"
        assert killed.end == whole.end, f"case {case}"
        assert sorted(killed.alarms) == sorted(whole.alarms), f"case {case}"  # none twice


def test_at_every_single_token_of_long_runs() -> None:
    for case in range(12):
        by = Random(f"long {case}")
        policies, model = chance.policies(by), chance.model(by, 40)
        whole = play(policies, model)
        for kill in range(1, whole.made + 1):
            assert play(policies, model, frozenset({kill}), kill).out == whole.out, f"case {case} at {kill}"


def test_an_event_survives_being_saved() -> None:
    by = Random(4)
    for _ in range(200):
        for event in play(chance.policies(by), chance.model(by)).out:
            if isinstance(event, Event):
                saved = json.loads(json.dumps(event.as_json()))
                assert Event.from_json(saved) == event
                assert Event.from_json({**saved, "later": 1}) == event


def test_a_nudge_that_was_cut_short_is_finished_first() -> None:
    judge = policy(ladder=ladder("nudge", "refuse"))
    gate: Gate[str] = Gate([judge])
    (event,) = events(feed(gate, [CALM, HOT]))
    steps = [Recorded(0, 0, "sampled", {"g": CALM}), Recorded(1, 1, "sampled", {"g": HOT})]
    for done in range(3):
        nudge = [Recorded(2 + place, 900 + place, "nudge", {}) for place in range(done)]
        resumed = again([judge], steps + nudge, [replace(event, steps=3)])
        assert resumed.answer.orders == [Inject("Sorry.", done)]
        assert resumed.gate.nudges == 1
        assert resumed.gate.next == 2 + done


def test_a_nudge_that_was_not_recorded_is_decided_again() -> None:
    judge = policy(ladder=ladder("nudge", "refuse"))
    steps = [Recorded(0, 0, "sampled", {"g": CALM}), Recorded(1, 1, "sampled", {"g": HOT})]
    resumed = again([judge], steps, [])
    assert resumed.answer.orders == [Inject("Sorry.")]
    (event,) = events([resumed.answer])
    assert (event.kind, event.at) == ("nudge", 2)
    assert [alarm.action for alarm in resumed.answer.alarms] == ["nudge"]


def test_a_ban_that_was_not_yet_obeyed_is_ordered_again() -> None:
    judge = policy(rule={"kind": "consecutive", "k": 2}, ladder=ladder("backtrack", "refuse"))
    gate: Gate[str] = Gate([judge])
    answers = feed(gate, [CALM, CALM, HOT, HOT])
    assert answers[-1].orders == [Rewind(1), Ban(frozenset({1}), 0.7)]
    found = events(answers)
    assert [event.kind for event in found] == ["retract", "backtrack"]
    steps = [Recorded(n, n, "sampled", {"g": score}) for n, score in enumerate([CALM, CALM, HOT])]
    resumed = again([judge], steps, found)
    assert resumed.answer.orders == [answers[-1].orders[1]]
    assert resumed.gate.next == 3
    without = again([judge], steps[: found[0].first], found)
    assert without.answer.orders == resumed.answer.orders
    assert (without.gate.next, without.gate.standing) == (3, resumed.gate.standing)


def test_steering_goes_on_for_the_tokens_that_are_left() -> None:
    judge = policy(ladder=[{"kind": "steer", "tokens": 3}, {"kind": "refuse"}])
    gate: Gate[str] = Gate([judge])
    found = events(feed(gate, [CALM, HOT]))
    steps = [*calm(1), Recorded(1, 1, "sampled", {"g": HOT})]
    for done in range(5):
        later = [Recorded(2 + n, 2 + n, "sampled", {"g": CALM}) for n in range(done)]
        for own in (0, 2 + done):  # a branch is steered as long as its parent would have been
            resumed = again([judge], steps + later, found, own)
            left = [Steer("g", None, 1.0, 3 - done)] if done < 3 else []
            assert resumed.answer.orders == left
            steered = [place.steered is not None for place in resumed.gate.course.line.places]
            assert steered == [False, False, *[n < 3 for n in range(done)]]
    forced = Recorded(2, 2, "edit", {"g": CALM})
    assert again([judge], [*steps, forced], found, own=2).answer.orders == [Steer("g", None, 1.0, 3)]
    assert again([policy("other")], steps, found, own=2).answer.orders == []


def test_what_a_run_itself_recorded_without_a_score_ends_it() -> None:
    steps = [*calm(3), Recorded(3, 3, "sampled", {})]
    resumed = again([policy()], steps, [])
    assert resumed.answer.orders == [End("failed", UNANSWERED)]
    assert resumed.gate.ended


# -- at a fork


def test_a_branch_goes_on_with_the_history_of_what_it_shares() -> None:
    slow = policy(rule={"kind": "ema"}, threshold=0.9)
    alone: Gate[str] = Gate([slow])
    resumed = again([slow], calm(10, 0.8), [], own=10)
    assert len(feed_until_end(resumed.gate, 0.97)) < len(feed_until_end(alone, 0.97))


def test_a_branch_that_writes_the_same_is_judged_the_same() -> None:
    """At every fork outside of injected words, with ladders that take back no shared step."""
    forks = 0
    for case in range(400):
        by = Random(f"fork {case}")
        changes: dict[str, Any] = {
            "rule": chance.rule(by),
            "hold": by.choice((0, 1, 4)),
            "cooldown": by.choice((0, 3)),
        }
        kinds = by.choice((("nudge", "refuse"), ("flag", "nudge", "refuse"), ("flag", "nudge", "flag")))
        evidence = [{"name": "a", "threshold": by.choice((0.6, 0.9))}]
        judge = policy(ladder=ladder(*kinds), evidence=evidence, nudge="nudge a", **changes)
        parent = Driver([judge], replace(chance.model(by, 20), forced=()), frozenset(), by)
        story = parent.play()
        out = [each for answer in parent.answers for each in answer]
        nudged = {n for e in out if isinstance(e, Event) for n in range(e.at, e.at + e.steps)}
        for at in range(1, parent.gate.next):
            if at in nudged:
                continue
            place = next(n for n, each in enumerate(out) if isinstance(each, Released) and each.index == at)
            shared = sum(isinstance(e, Released) and e.payload[1] == "sampled" for e in out[:place])
            rest = replace(parent.model, longest=parent.model.longest - shared)
            branch = Driver([judge], rest, frozenset(), by)
            branch.restore(out[:place], own=at)
            assert branch.play().out == story.out[place:], f"case {case} at {at}"
            assert branch.story.end == story.end, f"case {case} at {at}"
            forks += 1
    assert forks > 2000


def test_the_warm_up_is_not_given_twice() -> None:
    judge = policy(rule={"kind": "classic", "warmup": 4})
    resumed = again([judge], calm(4, HOT), [], own=4)
    assert feed(resumed.gate, [HOT])[0].end is not None


def test_cutting_an_answer_into_branches_shows_no_more_than_one_run_does() -> None:
    """An attacker branches behind each token that was shown, for ever, in the hope of a younger guard."""
    rules = ({"kind": "classic"}, {"kind": "consecutive", "k": 3}, {"kind": "ema"})
    for rule in rules:
        for hold in (0, 1, 8):
            judge = policy(rule=rule, hold=hold, threshold=0.9)
            whole: Gate[str] = Gate([judge])
            alone = len(left(feed_until_end(whole)))
            shown: list[Recorded] = []
            for _ in range(60):
                resumed = again([judge], shown, [], own=len(shown))
                got = left(feed_until_end(resumed.gate))
                if not got:
                    break
                shown.append(Recorded(len(shown), 7, "sampled", {"g": HOT}))
            assert len(shown) <= alone, (rule, hold)


def feed_until_end(gate: Gate[str], score: float = HOT) -> list[Answer[str]]:
    answers: list[Answer[str]] = []
    while not gate.ended:
        answers += feed(gate, [score])
        assert len(answers) < 200
    return answers


def test_an_alarm_that_the_parent_answered_behind_the_fork_is_answered_in_the_branch() -> None:
    judge = policy(ladder=ladder("nudge", "refuse"))
    steps = [*calm(3), Recorded(3, 3, "sampled", {"g": HOT})]
    resumed = again([judge], steps, [], own=4)
    assert resumed.answer.orders == []
    # Whatever the branch's first token is, and however harmless the text looks now.
    (answer,) = feed(resumed.gate, [CALM], "edit")
    assert [event.at for event in events([answer])] == [4]
    assert answer.orders == [Rewind(4), Inject("Sorry.")]


def test_a_chain_of_branches_behind_an_alarm_shows_no_word_more() -> None:
    """Without a hold a token leaves before it is judged, but not one that an alarm already waits for."""
    for hold in (0, 1, 8):
        judge = policy(hold=hold, ladder=ladder("nudge", "refuse"))
        whole = left(feed_until_ordered(Gate([judge])))
        shown: list[Recorded] = []
        for _ in range(20):
            branch = again([judge], shown, [], own=len(shown)).gate
            for _ in left(feed_until_ordered(branch)):
                shown.append(Recorded(len(shown), 7, "sampled", {"g": HOT}))
        assert len(shown) == len(whole) == (1 if hold == 0 else 0)


def feed_until_ordered(gate: Gate[str]) -> list[Answer[str]]:
    answers = feed(gate, [HOT])
    while not answers[-1].orders:
        answers += feed(gate, [HOT])
    return answers


def test_a_branch_out_of_injected_words_gets_no_cool_down_from_them() -> None:
    judge = policy(hold=2, ladder=ladder("nudge", "refuse"))
    gate: Gate[str] = Gate([judge])
    (event,) = events(feed(gate, [CALM] * 4 + [HOT]))
    event = replace(event, steps=4)
    steps = [*calm(2), *(Recorded(2 + n, 900 + n, "nudge", {}) for n in range(4))]
    inside = again([judge], steps[:4], [event], own=4)
    assert inside.gate.nudges == 0
    (answer,) = feed(inside.gate, [CALM])
    assert answer.orders == [Rewind(4), Inject("Sorry.")]
    behind = again([judge], steps, [event], own=6)
    assert behind.gate.nudges == 1
    assert not any(answer.orders for answer in feed(behind.gate, [CALM] + [HOT] * 32))
    assert feed(behind.gate, [HOT])[0].orders


def test_budgets_are_shared_with_the_parent() -> None:
    judge = policy(ladder=ladder("nudge", "refuse"), cooldown=0)
    steps: list[Recorded] = []
    found: list[Event] = []
    gate: Gate[str] = Gate([judge])
    for _ in range(2):
        feed(gate, [CALM])
        found += [replace(event, steps=1) for event in events(feed(gate, [HOT]))]
        inject(gate, 1)
    origins = ["sampled", "sampled", "nudge"] * 2
    scores = [CALM, HOT, 0] * 2
    steps = [Recorded(n, n, origin, {"g": scores[n]}) for n, origin in enumerate(origins)]
    resumed = again([judge], steps, found, own=6)
    assert feed(resumed.gate, [CALM, HOT])[-1].end is not None


def test_a_branch_from_withdrawn_steps_stands_before_them_and_owes_the_answer() -> None:
    judge = policy(rule={"kind": "consecutive", "k": 3}, ladder=ladder("rollback+nudge", "refuse"))
    gate: Gate[str] = Gate([judge])
    found = events(feed(gate, [CALM, CALM, HOT, HOT, HOT]))
    assert (found[0].first, found[0].last) == (1, 3)
    steps = [Recorded(n, n, "sampled", {"g": score}) for n, score in enumerate([CALM, CALM, HOT, HOT])]
    resumed = again([judge], steps[:3], found[:1], own=3)
    assert (resumed.gate.standing, resumed.gate.next) == (1, 3)
    assert any(isinstance(order, Inject) for order in feed(resumed.gate, [CALM])[0].orders)


def test_what_an_ancestor_withdrew_behind_a_fork_is_not_taken_from_its_successors() -> None:
    """A run withdrew its steps 1 … 3 at 4; one that had forked from it at 2 wrote steps 2 … 5 of its own."""
    judge = policy(rule={"kind": "consecutive", "k": 3}, ladder=ladder("rollback+nudge", "refuse"))
    gate: Gate[str] = Gate([judge])
    (retract, nudge) = events(feed(gate, [CALM, CALM, HOT, HOT, HOT]))
    assert (retract.first, retract.last, retract.at) == (1, 3, 4)
    cut = shortened(retract, 2)
    assert (cut.first, cut.last, cut.at) == (1, 1, 2)
    assert shortened(nudge, 2) == nudge
    line = calm(6)
    parent = again([judge], line[:2], [cut], own=2)
    assert (parent.gate.standing, parent.gate.next) == (1, 2)
    answers = feed(parent.gate, [CALM])
    assert left(answers) == []  # it owes the rollback, and has nothing of its own to take back
    (owed,) = events(answers)
    child = again([judge], [line[0], *line[2:]], [cut, replace(owed, steps=0)], own=6)
    assert (child.gate.standing, child.gate.next, child.gate.nudges) == (5, 6, 1)
    assert not feed(child.gate, [CALM])[0].orders  # its parent has answered


def test_a_text_that_was_only_read_is_not_gone_on_with_unanswered() -> None:
    judge = policy(rule={"kind": "ema"}, hold=0, threshold=0.9, ladder=ladder("nudge", "refuse"))
    given = [Recorded(n, n, "given", {"g": HOT}) for n in range(20)]
    resumed = again([judge], given, [], own=20)
    assert feed(resumed.gate, [CALM])[0].orders == [Rewind(20), Inject("Sorry.")]


def test_shared_steps_that_were_never_judged_count_for_nothing() -> None:
    steps = [Recorded(n, n, "sampled", {}) for n in range(5)]
    resumed = again([policy()], steps, [], own=5)
    assert resumed.answer.orders == []
    assert left(feed(resumed.gate, [CALM])) == ["t5"]


def test_nothing_that_belongs_to_the_parent_is_taken_back() -> None:
    judge = policy(rule={"kind": "consecutive", "k": 3}, ladder=ladder("rollback+nudge", "block"))
    shared = [*calm(1), Recorded(1, 1, "sampled", {"g": HOT}), Recorded(2, 2, "sampled", {"g": HOT})]
    resumed = again([judge], shared, [], own=3)
    (answer,) = feed(resumed.gate, [HOT])
    assert answer.orders == [Rewind(3), Inject("Sorry.")]
    assert [event.kind for event in events([answer])] == ["nudge"]


def test_a_stricter_line_judges_the_shared_steps_anew() -> None:
    judge = policy(ladder=ladder("nudge", "refuse"))
    strict = Policy("p", judge.spec.stricter(0.1))
    shared = calm(4, 0.3)
    assert not feed(again([judge], shared, [], own=4).gate, [0.05])[0].orders
    assert feed(again([strict], shared, [], own=4).gate, [0.05])[0].orders
