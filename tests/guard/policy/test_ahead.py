"""A run of few tokens shows no more than the same few of a long one: what confirms them is written ahead."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from guard.policy import Answer, Gate, Policy, Recorded, Released, Token
from tests.guard.policy import chance
from tests.guard.policy.driving import CALM, HOT, again, feed, inject, ladder, left, policy
from tests.guard.policy.world import STOP, Model, play

pytestmark = pytest.mark.once

LADDERS = (("refuse",), ("block",), ("nudge", "refuse"), ("rollback+nudge", "refuse"))


def test_it_shows_the_beginning_of_what_a_longer_one_shows() -> None:
    interrupted = 0
    for case in range(400):
        by = Random(f"ahead {case}")
        judge = policy(
            evidence=[{"name": "a", "threshold": by.choice((0.6, 0.9))}],
            rule=chance.rule(by),
            hold=by.choice((1, 3, 8)),
            ladder=ladder(*by.choice(LADDERS)),
            cooldown=by.choice((0, 3)),
            nudge="nudge a",
        )
        model = replace(chance.model(by), longest=30)
        whole = [each for each in play([judge], model).out if isinstance(each, tuple)]
        for few in range(1, 12):
            story = play([judge], replace(model, longest=few))
            shown = [each for each in story.out if isinstance(each, tuple)]
            assert shown == whole[: len(shown)], f"case {case}, {few} tokens"
            interrupted += len(whole) < few
    assert interrupted > 200, "where a long run was stopped early, so were the short ones"


def gate(hold: int, most: int) -> Gate[str]:
    return Gate([policy(hold=hold, rule={"kind": "consecutive", "k": 2}, ladder=ladder("refuse"))], most=most)


def test_the_last_tokens_leave_when_those_ahead_have_been_judged() -> None:
    one = gate(2, 3)
    assert one.ahead == 2
    answers = feed(one, [CALM] * 5)
    assert left(answers) == ["t0", "t1", "t2"]
    assert not one.close({"g": CALM}).out
    assert (one.ended, one.cut, one.held, one.dropped, one.next) == (True, True, 0, 2, 3)


def test_the_judgement_behind_the_last_that_left_is_told() -> None:
    one = gate(2, 3)
    feed(one, [0.1, 0.2, 0.3, 0.4, 0.45])
    one.close({"g": 0.15})
    assert one.scores == {"g": 0.4}
    stopped = gate(2, 3)
    feed(stopped, [0.1])
    stopped.take(Token("end", STOP, scores={"g": 0.2}, stop=True))
    assert left([stopped.close({"g": 0.3})]) == ["t0", "end"]
    assert (stopped.scores, stopped.cut) == ({"g": 0.3}, False)


def test_an_alarm_ahead_is_answered_and_nothing_of_it_leaves() -> None:
    one = gate(3, 4)
    answers = feed(one, [CALM] * 4 + [HOT] * 2)
    assert left(answers) == ["t0", "t1"]
    assert answers[-1].end is not None


def test_a_stop_token_ahead_is_nobodys() -> None:
    one = gate(4, 2)
    answers = feed(one, [CALM] * 2)
    answers.append(one.take(Token("end", STOP, scores={"g": CALM}, stop=True)))
    answers.append(one.close({"g": CALM}))
    assert left(answers) == ["t0", "t1"]
    assert one.cut


def test_where_there_is_no_room_for_them_as_many_fewer_leave() -> None:
    one = gate(4, 10)
    answers = [*feed(one, [CALM] * 6), one.close({"g": CALM})]
    assert left(answers) == ["t0", "t1"]
    none = gate(8, 10)
    assert left([*feed(none, [CALM] * 6), none.close({"g": CALM})]) == []


def test_forced_words_leave_at_the_end_as_they_stand() -> None:
    one = gate(4, 0)
    answers = [*feed(one, [CALM] * 3, "edit"), one.close({"g": CALM})]
    assert left(answers) == ["t0", "t1", "t2"]
    ahead = gate(4, 1)
    answers = [*feed(ahead, [CALM] * 3, "edit"), *feed(ahead, [CALM] * 5), ahead.close({"g": CALM})]
    assert left(answers) == ["t0", "t1", "t2", "t3"]


def test_what_is_withdrawn_makes_room_again() -> None:
    one: Gate[str] = Gate(
        [policy(hold=1, rule={"kind": "consecutive", "k": 3}, ladder=ladder("rollback+nudge", "refuse"))],
        most=3,
    )
    feed(one, [CALM, HOT, HOT, HOT])
    assert (one.retracted, one.standing) == (2, 0)
    inject(one, 2)
    rest = [*feed(one, [CALM] * 4), one.close({"g": CALM})]
    assert len(left(rest)) == 3


def test_a_text_that_is_only_read_is_flagged_by_what_would_come_next() -> None:
    one = gate(3, 0)
    answers = feed(one, [CALM] * 4, "given")
    assert left(answers) == ["t0"]
    answers = feed(one, [CALM, HOT, HOT])
    assert left(answers) == ["t1", "t2", "t3"]
    alarms = [alarm for answer in answers for alarm in answer.alarms]
    assert [(alarm.action, alarm.done) for alarm in alarms] == [("flag", True)]
    assert not any(answer.orders for answer in answers)
    assert one.close({"g": CALM}).out == []
    assert one.next == 4


def test_a_chain_of_single_tokens_shows_what_one_run_does() -> None:
    """Each asks for one token more, behind all that it was shown."""
    for rule in ({"kind": "classic"}, {"kind": "consecutive", "k": 3}, {"kind": "ema"}):
        for calm in range(12):
            judge = policy(rule=rule, hold=8, threshold=0.9, ladder=ladder("refuse"))
            scores = [CALM] * calm + [HOT] * 60

            def run(own: int, most: int, judge: Policy = judge, scores: list[float] = scores) -> int:
                shown = [Recorded(n, n, "sampled", {"g": scores[n]}) for n in range(own)]
                made = again([judge], shown, [], own, most).gate
                out = 0
                for place in range(own, own + most + made.ahead):
                    answer = made.take(Token("x", place, "sampled", {"g": scores[place]}))
                    out += sum(isinstance(each, Released) for each in answer.out)
                    if made.ended:
                        return out
                return out + len(made.close({"g": scores[own + most + made.ahead]}).out)

            shown = 0
            while run(shown, 1):
                shown += 1
            assert shown == run(0, 40), (rule, calm)


def test_a_model_that_is_asked_for_nothing_says_nothing() -> None:
    story = play([policy(hold=2, evidence=[{"name": "a", "threshold": 0.9}])], Model(3, 0, 0))
    assert (story.out, story.end) == ([], "length")


def told(answers: list[Answer[str]]) -> dict[str, bool]:
    return {one.payload: one.tells for answer in answers for one in answer.out if isinstance(one, Released)}


def test_where_words_were_put_into_its_mouth_the_alternatives_are_told_only_where_all_is_calm() -> None:
    rule = {"kind": "consecutive", "k": 3}
    for origin in ("prefix", "edit", "given"):
        one: Gate[str] = Gate([policy(rule=rule, hold=2, ladder=ladder("refuse"))], most=20)
        answers = feed(one, [CALM, HOT, CALM, HOT], origin)
        answers += feed(one, [HOT, CALM, HOT, HOT, CALM, CALM, CALM])
        assert told(answers) == {
            "t0": True,
            "t1": False,  # the judgement that came with it is of the text before it, as its alternatives are
            "t2": True,
            "t3": False,
            "t4": False,
            "t5": True,
            "t6": True,  # so far behind those words it is the model's own
            "t7": True,
            "t8": True,
        }


def test_nobody_is_kept_from_the_alternatives_of_what_the_model_says_by_itself() -> None:
    one: Gate[str] = Gate([policy(rule={"kind": "consecutive", "k": 3}, hold=2, ladder=ladder("refuse"))])
    assert all(told(feed(one, [CALM, HOT, HOT, CALM, CALM])).values())
    bare: Gate[str] = Gate([policy(rule={"kind": "consecutive", "k": 3}, ladder=ladder("refuse"))])
    answers = feed(bare, [HOT, CALM], "prefix") + feed(bare, [HOT, CALM])
    assert told(answers) == {"t0": False, "t1": True, "t2": True, "t3": True}


def test_a_branch_remembers_whose_words_stand_before_it() -> None:
    judge = policy(rule={"kind": "consecutive", "k": 3}, hold=2, ladder=ladder("refuse"))
    steps = [Recorded(0, 0, "sampled", {"g": CALM}), Recorded(1, 1, "edit", {"g": CALM})]
    one = again([judge], steps, own=2).gate
    assert told(feed(one, [HOT, HOT, CALM, CALM, CALM])) == {"t2": False, "t3": False, "t4": True}
