"""The gate by hand: holds, cool-down, ladders, several policies, stop tokens."""

from __future__ import annotations

import pytest

from guard.policy import End, Fate, Gate, Inject, Released, Rewind, Steer, Token, quantised
from tests.guard.policy.driving import CALM, HOT, events, feed, inject, ladder, left, policy

pytestmark = pytest.mark.once


def test_without_a_hold_a_token_leaves_at_once() -> None:
    gate: Gate[str] = Gate([policy()])
    assert [left([answer]) for answer in feed(gate, [CALM] * 3)] == [["t0"], ["t1"], ["t2"]]


@pytest.mark.parametrize("hold", [1, 2, 8, 64])
def test_with_a_hold_it_leaves_so_many_tokens_later_and_all_at_the_end(hold: int) -> None:
    gate: Gate[str] = Gate([policy(hold=hold)])
    answers = feed(gate, [CALM] * 80)
    assert [len(left([answer])) for answer in answers] == [0] * hold + [1] * (80 - hold)
    assert gate.held == hold
    assert left([gate.close({"g": CALM})]) == [f"t{n}" for n in range(80 - hold, 80)]
    assert gate.ended


def test_with_a_hold_of_one_no_token_leaves_before_it_was_judged() -> None:
    gate: Gate[str] = Gate([policy(hold=1)])
    answers = feed(gate, [CALM, CALM, HOT])  # t1 is what made it hot
    assert left(answers) == ["t0"]
    assert answers[-1].dropped == ["t1", "t2"]
    assert answers[-1].end == End("blocked", policy().spec.refusal)


def test_an_alarm_behind_the_last_token_drops_what_is_held() -> None:
    gate: Gate[str] = Gate([policy(hold=4)])
    feed(gate, [CALM] * 6)
    answer = gate.close({"g": HOT})
    assert (answer.dropped, answer.out) == (["t2", "t3", "t4", "t5"], [])
    assert answer.end is not None


def test_a_nudge_stands_behind_the_token_that_told_of_it() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("nudge", "refuse"))])
    answers = feed(gate, [CALM, CALM, HOT])
    assert left(answers) == ["t0", "t1", "t2"]
    (event,) = events(answers)
    assert (event.kind, event.at, event.guard, event.tau, event.text) == ("nudge", 3, "g", 0.5, "Sorry.")
    assert answers[-1].orders == [Inject("Sorry.")]
    injected = inject(gate, 2)
    # In the place of the first of them the model was about to go on: that isn't told.
    assert [answer.out for answer in injected] == [[Released(3, "n0", tells=False)], [Released(4, "n1")]]


def test_behind_calm_words_the_guards_own_tell_the_alternatives() -> None:
    gate: Gate[str] = Gate([policy(hold=3, ladder=ladder("nudge", "refuse"))])
    feed(gate, [CALM] * 5 + [HOT])
    assert [answer.out for answer in inject(gate, 2)] == [[Released(2, "n0")], [Released(3, "n1")]]


def test_with_a_hold_a_nudge_stands_behind_what_was_released() -> None:
    gate: Gate[str] = Gate([policy(hold=3, ladder=ladder("nudge", "refuse"))])
    answers = feed(gate, [CALM] * 5 + [HOT])
    assert answers[-1].orders == [Rewind(2), Inject("Sorry.")]
    assert answers[-1].dropped == ["t2", "t3", "t4", "t5"]
    assert events(answers)[0].at == 2
    assert left(inject(gate, 1)) == ["n0"]  # injected words wait for nobody


def test_injected_words_are_not_judged_nor_is_what_they_led_to() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("nudge", "refuse"), cooldown=0)])
    feed(gate, [HOT])
    assert not gate.take(Token("n0", 900, "nudge", {"g": HOT})).orders
    assert not gate.take(Token("t", 5, "sampled", {"g": HOT})).orders  # judges the injected word
    assert gate.take(Token("t", 5, "sampled", {"g": HOT})).orders


def test_the_cool_down_is_for_nudging_alone() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("nudge", "refuse"), cooldown=5)])
    feed(gate, [HOT])
    inject(gate, 1)
    feed(gate, [CALM])  # judges the injected word
    answers = feed(gate, [HOT] * 6)
    assert [bool(answer.orders) for answer in answers] == [False] * 5 + [True]
    assert gate.nudges == 2
    inject(gate, 1)
    feed(gate, [CALM])
    (refused,) = feed(gate, [HOT])  # no nudge is left, and a refusal doesn't wait
    assert refused.end is not None


def test_what_waits_for_the_cool_down_with_a_hold_is_not_shown() -> None:
    gate: Gate[str] = Gate([policy(hold=1, ladder=ladder("nudge", "refuse"), cooldown=5)])
    feed(gate, [CALM, HOT])
    inject(gate, 1)
    answers = feed(gate, [CALM, CALM, HOT, HOT, CALM, CALM])
    assert [len(left([answer])) for answer in answers] == [0, 1, 0, 0, 3, 1]


def test_a_hard_stop_does_not_wait_for_the_cool_down() -> None:
    strict = policy(rule={"kind": "ema"}, threshold=0.9, ladder=ladder("nudge", "refuse"))
    gate: Gate[str] = Gate([strict])
    feed(gate, [0.999] * 3)
    inject(gate, 1)
    answers = feed(gate, [CALM, 0.999, 0.999, 0.999])
    assert answers[-1].end is not None
    assert answers[-1].alarms[0].hard


def test_an_alarm_that_waits_is_answered_at_the_end() -> None:
    gate: Gate[str] = Gate([policy(hold=2, ladder=ladder("nudge", "refuse"))])
    feed(gate, [HOT])
    inject(gate, 1)
    feed(gate, [CALM, CALM, HOT])
    assert gate.close({"g": HOT}).end is not None


def test_nudging_ends() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("nudge", "refuse"), cooldown=0)])
    made = 0
    while not gate.ended:
        (answer,) = feed(gate, [HOT])
        made += 1
        if not gate.ended and answer.orders:
            inject(gate, 3)
        assert made < 10
    assert gate.nudges == 2


def test_after_a_nudge_an_unsafe_second_turn_of_the_text_is_still_caught() -> None:
    gate: Gate[str] = Gate([policy(hold=2, ladder=ladder("rollback+nudge", "refuse"))])
    feed(gate, [CALM] * 4 + [HOT])
    inject(gate, 3)
    later = feed(gate, [CALM] * 100 + [HOT])
    assert "nudge" in [event.kind for event in events(later)]
    inject(gate, 3)
    assert feed(gate, [CALM] * 100 + [HOT])[-1].end is not None


def test_a_rollback_takes_back_what_was_shown_since_the_last_safe_place() -> None:
    slow = policy(rule={"kind": "consecutive", "k": 3}, ladder=ladder("rollback+nudge", "refuse"))
    gate: Gate[str] = Gate([slow])
    answers = feed(gate, [CALM, CALM, HOT, HOT, HOT])
    retract, nudge = events(answers)
    assert (retract.kind, retract.first, retract.last, nudge.kind, nudge.at) == ("retract", 1, 3, "nudge", 4)
    assert answers[-1].orders == [Rewind(1), Inject("Sorry.")]
    assert answers[-1].dropped == ["t4"]
    (first, *_) = inject(gate, 2)
    assert first.out == [Released(4, "n0")]  # an index is never used twice
    fates = [seen.fate for seen in gate.seen[:5]]
    assert fates == [Fate.RELEASED, *[Fate.RETRACTED] * 3, Fate.DROPPED]


def test_nothing_forced_is_taken_back_by_a_rollback() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("rollback+nudge", "refuse"))])
    answers = feed(gate, [HOT], "prefix")
    assert answers[0].orders == [Rewind(0), Inject("Sorry.")]  # it was still held
    gate = Gate([policy(rule={"kind": "consecutive", "k": 2}, ladder=ladder("rollback+nudge", "refuse"))])
    feed(gate, [CALM, CALM, HOT], "prefix")
    (answer,) = feed(gate, [HOT])
    assert answer.orders == [Rewind(3), Inject("Sorry.")]


def test_a_backtrack_bans_the_token_that_was_taken_at_the_checkpoint() -> None:
    gate: Gate[str] = Gate([policy(hold=2, ladder=ladder("backtrack", "refuse"))])
    answers = feed(gate, [CALM, CALM, CALM, HOT])
    rewind, ban = answers[-1].orders
    assert rewind == Rewind(2)
    assert (ban.ids, ban.cooling) == ({2}, 0.7)  # type: ignore[union-attr]
    again = feed(gate, [CALM, HOT])[-1].orders
    assert again[1].ids == {2, 4}  # type: ignore[union-attr]
    assert feed(gate, [CALM, HOT])[-1].end is not None  # twice, then the next rung


def test_a_ban_belongs_to_the_text_before_it() -> None:
    backtracks = [{"kind": "backtrack", "times": 4}, {"kind": "refuse"}]
    gate: Gate[str] = Gate([policy(hold=8, ladder=backtracks)])
    bans = []
    for scores in ([CALM] * 5 + [HOT], [HOT], [CALM, CALM, HOT], [CALM, HOT]):
        rewind, ban = feed(gate, scores)[-1].orders
        bans.append((rewind.to, sorted(ban.ids)))  # type: ignore[union-attr]
    # The third time another token stands before offset 4: the first one's ban is gone, the third's isn't.
    assert bans == [(4, [4]), (3, [3]), (4, [8]), (4, [8, 10])]


def test_a_block_takes_back_all() -> None:
    gate: Gate[str] = Gate([policy(hold=1, ladder=ladder("block"))])
    answers = feed(gate, [CALM, CALM, CALM, HOT])
    (event,) = events(answers)
    assert (event.kind, event.first, event.last) == ("retract", 0, 1)
    assert gate.retracted == 2
    assert answers[-1].orders == [End("blocked", policy().spec.refusal)]


def test_what_the_engine_cannot_do_falls_to_the_next_rung() -> None:
    steered = [{"kind": "steer", "direction": "calm"}, {"kind": "refuse"}]
    able: Gate[str] = Gate([policy(ladder=steered)])
    assert feed(able, [HOT])[0].orders == [Rewind(1), Steer("calm", None, 1.0, 32)]
    unable: Gate[str] = Gate([policy(ladder=steered)], unable={"steer"})
    assert feed(unable, [HOT])[0].end is not None


def test_it_steers_by_the_guard_that_raised_the_alarm_unless_told_otherwise() -> None:
    rung = {"kind": "steer", "tokens": 3, "strength": 4}
    gate: Gate[str] = Gate([policy(ladder=[rung, {"kind": "refuse"}])])
    (answer,) = feed(gate, [HOT])
    assert answer.orders == [Rewind(1), Steer("g", None, 4.0, 3)]
    (event,) = events([answer])
    assert (event.kind, event.at, event.tokens, event.guard) == ("steer", 1, 3, "g")
    feed(gate, [CALM] * 4)
    assert [place.steered is not None for place in gate.course.line.places] == [False, *[True] * 3, False]


def test_of_several_policies_the_strictest_wins() -> None:
    mild = policy("mild", ladder=ladder("nudge", "flag"))
    strict = policy("strict", hold=3, ladder=ladder("refuse"))
    gate: Gate[str] = Gate([mild, strict])
    answers = feed(gate, [CALM] * 4 + [HOT])
    assert left(answers) == ["t0"]  # the longer hold
    assert answers[-1].end is not None
    told = {alarm.policy: (alarm.action, alarm.done) for alarm in answers[-1].alarms}
    assert told == {"mild": ("nudge", False), "strict": ("refuse", True)}


def test_a_shadow_policy_only_says_what_it_would_do() -> None:
    shadow = policy("s", hold=8, shadow=True, ladder=ladder("block"))
    gate: Gate[str] = Gate([shadow])
    answers = feed(gate, [CALM, HOT, HOT, CALM, HOT])
    assert left(answers) == ["t0", "t1", "t2", "t3", "t4"]
    assert not any(answer.orders for answer in answers)
    alarms = [alarm for answer in answers for alarm in answer.alarms]
    assert [(alarm.action, alarm.done, alarm.shadow, alarm.at) for alarm in alarms] == [
        ("block", False, True, 1),
        ("block", False, True, 4),
    ]


def test_a_flag_is_written_once_for_an_alarm_that_stays_on() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("flag"))])
    answers = feed(gate, [HOT, HOT, HOT, CALM, HOT])
    assert [len(answer.alarms) for answer in answers] == [1, 0, 0, 0, 1]
    assert len(left(answers)) == 5


def test_a_stop_token_waits_for_the_last_judgement_and_is_taken_back_by_a_nudge() -> None:
    gate: Gate[str] = Gate([policy(ladder=ladder("nudge", "refuse"))])
    feed(gate, [CALM, CALM])
    assert gate.take(Token("end", 0, scores={"g": CALM}, stop=True)).out == []
    answer = gate.close({"g": HOT})
    assert answer.orders == [Rewind(2), Inject("Sorry.")]
    assert (answer.dropped, answer.goes_on, gate.ended) == (["end"], True, False)
    inject(gate, 1)
    feed(gate, [CALM])
    last = gate.take(Token("end", 0, scores={"g": CALM}, stop=True))
    assert left([last, gate.close({"g": CALM})]) == ["end"]


def test_somebody_elses_text_is_only_flagged() -> None:
    gate: Gate[str] = Gate([policy(hold=2, ladder=ladder("nudge", "block"))])
    answers = feed(gate, [CALM, HOT, HOT, CALM, HOT], "given")
    answers.append(gate.close({"g": HOT}))
    assert left(answers) == ["t0", "t1", "t2", "t3", "t4"]
    assert [alarm.action for answer in answers for alarm in answer.alarms] == ["flag", "flag"]


def test_a_cancelled_run_shows_nothing_more() -> None:
    gate: Gate[str] = Gate([policy(hold=4)])
    feed(gate, [CALM] * 6)
    answer = gate.abandon()
    assert (answer.out, answer.dropped) == ([], ["t2", "t3", "t4", "t5"])
    with pytest.raises(RuntimeError):
        feed(gate, [CALM])


def test_without_policies_everything_passes() -> None:
    gate: Gate[str] = Gate([])
    assert gate.take(Token("a", 1, stop=True)).out == [Released(0, "a")]
    assert not gate.close({}).goes_on


def test_an_alarm_says_what_became_of_the_tokens() -> None:
    gate: Gate[str] = Gate([policy(hold=2, ladder=ladder("flag", "refuse"))])
    (alarm,) = feed(gate, [CALM] * 5 + [HOT])[-1].alarms
    assert (alarm.rule, alarm.score, alarm.threshold) == ("classic", quantised(HOT), 0.5)
    assert (alarm.at, alarm.held, alarm.released, alarm.action, alarm.done) == (3, 3, 3, "flag", True)
