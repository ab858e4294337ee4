"""A run under a policy: what its reader is told, what is kept, and what never leaves."""

from pathlib import Path

import pytest

from generation.bus import Bus
from generation.models import Decision, Run
from guard.audit import replaying, tape
from guard.audit.models import Verdict as Kept
from guard.models import Assignment
from tests.generation.saved import branch, new_run
from tests.generation.worker.engines import texts, told, working
from tests.generation.worker.guards import (
    ALARM,
    CALM,
    GUARD,
    POLICIES,
    ROLLBACK,
    WORDS,
    for_everybody,
    guarded,
    install,
    is_bad,
    nudges,
    temper,
)
from tests.tiny import CHATML

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 5, "max_new_tokens": 40}


@pytest.fixture(autouse=True)
def _guard(tmp_path: Path) -> None:
    install(tmp_path)


def test_a_nudge_arrives_and_the_answer_goes_on_better(bus: Bus) -> None:
    version = for_everybody()
    with working(bus, guarded(temper(reforms=WORDS))):
        run = new_run(settings=SETTINGS)
        answer = told(run)
    (nudge,) = nudges(answer)
    words = texts(CHATML)[1].encode_text(f" {WORDS}")
    steps = answer.steps
    assert steps[nudge.at].origin == "nudge"
    assert tuple(step.id for step in steps[nudge.at : nudge.at + nudge.steps]) == words
    assert (nudge.guard, nudge.tau, nudge.text, nudge.steps) == (GUARD, 0.5, WORDS, len(words))
    assert nudge.score == pytest.approx(ALARM, abs=1e-4)
    # Nothing is held: the bad token had left, and its judgement came with the next one.
    assert is_bad(steps[nudge.at - 2].id)
    assert not any(is_bad(step.id) for step in steps[3 : nudge.at - 2])
    assert not any(is_bad(step.id) for step in steps[nudge.at + nudge.steps :])
    sampled = [step for step in steps if step.origin == "sampled"]
    assert len(sampled) == answer.finished.usage["sampled_tokens"] == 40
    assert answer.finished.usage["forced_tokens"] == len(words)
    assert answer.finished.guard == pytest.approx({GUARD: CALM}, abs=1e-4)
    row = Run.objects.get(id=run.id)
    assert (row.policies, row.nudges, row.text) == ([version.pk], 1, answer.text)
    assert WORDS in row.text
    assert row.settings["guard"] is True
    assert row.settings["tau"] == 0.5
    assert Decision.objects.filter(run=run).count() == 1
    alarm, end = Kept.objects.filter(run=run.id).order_by("entry_id")
    assert (alarm.action, alarm.final, alarm.guard, alarm.policy) == ("nudge", False, GUARD, "test")
    assert (end.action, end.final, end.alarms, end.released) == ("nudge", True, 1, row.steps)


def test_branching_behind_the_alarm_or_within_the_guards_words_is_answered_at_once(bus: Bus) -> None:
    for_everybody()
    with working(bus, guarded(temper(bias=2.0, reforms=WORDS))):
        parent = new_run(settings=SETTINGS)
        (nudge,) = nudges(told(parent))
        parent.refresh_from_db()
        for at in (nudge.at - 1, nudge.at, nudge.at + 3, nudge.at + nudge.steps - 1):
            for more in ({}, {"settings": {"seed": 77}}, {"text": " and so on"}):
                answer = told(branch(parent, at, **more))
                own = [one for one in nudges(answer) if one.at >= at]
                assert own, (at, more)
                # Nothing is held: a token is out when it is judged, but none that a due alarm waits for.
                assert own[0].at - at == (at < nudge.at), (at, more)


def test_a_finished_alarm_lets_a_branch_behind_it_go_on(bus: Bus) -> None:
    for_everybody()
    with working(bus, guarded(temper(bias=2.0, reforms=WORDS))):
        parent = new_run(settings=SETTINGS)
        (nudge,) = nudges(told(parent))
        parent.refresh_from_db()
        answer = told(branch(parent, nudge.at + nudge.steps + 2))
    assert nudges(answer) == [message for message in answer.messages if message.type == "nudge"]
    assert answer.steps[nudge.at].origin == "nudge"
    assert not any(is_bad(step.id) for step in answer.steps[nudge.at + nudge.steps :])


def test_what_was_withdrawn_is_nowhere_and_the_words_stay_whole(bus: Bus) -> None:
    for_everybody(**ROLLBACK)
    with working(bus, guarded(temper(bias=2.0))):
        run = new_run(settings=SETTINGS)
        told(run)
        row = Run.objects.get(id=run.id)
        later = told(run)
        following = new_run(study=run.study_id, prompt="More", settings=SETTINGS)
        told(following)
    assert row.reason == "blocked"
    (block,) = Kept.objects.filter(run=run.id, action="block", final=False)
    taken = [
        seen.text
        for seen in tape.decode(block.tape, block.entry.text.text)
        if seen.fate == tape.Fate.RETRACTED
    ]
    assert "".join(taken).strip()  # staff can read it
    assert (row.text, row.folded, row.opening, later.text) == ("", "", "", "")
    assert {step.id for step in later.steps} == {-1}
    assert "\N{REPLACEMENT CHARACTER}" not in later.text
    kept = Run.objects.get(id=following.id)
    assert WORDS not in str(kept.turn.text)


def test_every_decision_can_be_made_again_from_what_the_audit_kept(bus: Bus) -> None:
    for name, policy in POLICIES.items():
        for_everybody(name, **policy)
        with working(bus, guarded(temper(bias=1.5))):
            run = new_run(settings=SETTINGS)
            told(run)
        found = replaying.again(list(Kept.objects.filter(run=run.id)))
        assert found.recorded
        assert found.same
        Assignment.objects.all().delete()
