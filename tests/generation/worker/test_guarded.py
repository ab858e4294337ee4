"""A run under a policy: what its reader is told, what is kept, and what never leaves."""

from pathlib import Path

import pytest

from generation.bus import Bus
from generation.models import Decision, Run
from guard.audit.models import Verdict as Kept
from tests.generation.saved import new_run
from tests.generation.worker.engines import texts, told, working
from tests.generation.worker.guards import (
    ALARM,
    CALM,
    GUARD,
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
