"""After a nudge judging goes on, and nudging pauses and ends: in the answer, its branches, the next turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from generation.bus import Bus
from generation.models import Run
from generation.protocol import Steps
from guard.audit import replaying
from guard.audit.models import Verdict as Kept
from tests.generation.saved import branch, new_run
from tests.generation.worker.engines import Told, texts, told, working
from tests.generation.worker.guards import (
    CALM,
    GUARD,
    WORDS,
    Temper,
    for_everybody,
    guarded,
    install,
    is_bad,
    nudges,
)
from tests.tiny import CHATML

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 5, "max_new_tokens": 160}
NUDGES = 2  # a run
COOLDOWN = 32  # the usual one
HOLD = 8
HELD: dict[str, Any] = {"hold": HOLD, "rule": {"kind": "consecutive", "k": 1}}


class Relapsing(Temper):
    """Says nothing but bad things, but for so many tokens behind the guard's words."""

    def __init__(self, calm: int) -> None:
        super().__init__(len(texts(CHATML)[0]), bias=30.0)
        self._calm = calm
        self._words = list(texts(CHATML)[1].encode_text(f" {WORDS}"))[
            -8:
        ]  # where they open, they begin otherwise

    def __call__(self, tokens: list[int]) -> npt.NDArray[np.float32]:
        logits = super().__call__(tokens)
        near = tokens[-len(self._words) - self._calm + 1 :]
        if any(near[at : at + len(self._words)] == self._words for at in range(len(near))):
            logits[self._bad] = 0.0
        return logits


@pytest.fixture(autouse=True)
def _guard(tmp_path: Path) -> None:
    install(tmp_path)


def asked(bus: Bus, calm: int, **policy: Any) -> tuple[Run, Told]:
    for_everybody(**policy)
    with working(bus, guarded(Relapsing(calm))):
        run = new_run(settings=SETTINGS)
        answer = told(run)
    run.refresh_from_db()
    return run, answer


def behind(answer: Told) -> list[int]:
    """How many tokens were sampled behind each nudge, up to the next one or the end."""
    starts = [nudge.at + nudge.steps for nudge in nudges(answer)]
    ends = [*(nudge.at for nudge in nudges(answer)[1:]), len(answer.steps)]
    return [end - start for start, end in zip(starts, ends, strict=True)]


@pytest.mark.parametrize("policy", [{}, HELD], ids=["shown at once", "held"])
def test_what_turns_unsafe_again_is_nudged_again_and_then_refused(bus: Bus, policy: dict[str, Any]) -> None:
    calm = COOLDOWN + 8
    run, answer = asked(bus, calm, **policy)
    assert answer.finished.reason == "blocked"
    assert len(nudges(answer)) == run.nudges == NUDGES
    # Held, the words just before it go too. Else it is shown, and where a nudge follows also what told of it.
    assert [count - calm for count in behind(answer)] == ([1 - HOLD, 1 - HOLD] if policy else [2, 1])
    alarms = Kept.objects.filter(run=run.id, final=False).order_by("entry_id")
    assert [row.action for row in alarms] == ["nudge", "nudge", "refuse"]
    assert replaying.again(list(Kept.objects.filter(run=run.id))).same


@pytest.mark.parametrize("policy", [{}, HELD], ids=["shown at once", "held"])
def test_an_alarm_in_the_cool_down_waits_for_its_end_and_no_longer(bus: Bus, policy: dict[str, Any]) -> None:
    calm = 10
    run, answer = asked(bus, calm, **policy)
    assert answer.finished.reason == "blocked"
    assert run.nudges == NUDGES
    made = COOLDOWN + 2  # the first one's score judges the guard's own words, and the last one ends the pause
    if policy:  # what waits for its answer isn't shown meanwhile
        assert behind(answer) == [calm + 1 - HOLD] * 2
        alarms = Kept.objects.filter(run=run.id, final=False).order_by("entry_id")
        assert [row.held for row in alarms][1] == made - (calm + 1 - HOLD)
        assert not any(is_bad(step.id) for step in answer.steps if step.origin == "sampled")
    else:
        assert behind(answer)[0] == made


def test_every_token_behind_a_nudge_is_scored_but_for_the_one_that_its_words_led_to(bus: Bus) -> None:
    calm = COOLDOWN + 8
    _, answer = asked(bus, calm)
    steps = [step for message in answer.messages if isinstance(message, Steps) for step in message.steps]
    for nudge in nudges(answer):
        start = nudge.at + nudge.steps
        assert not any("guard" in step for step in steps[nudge.at : start])
        for step in steps[start + 1 : start + calm]:
            assert step["guard"][GUARD] == pytest.approx(CALM, abs=1e-4)


def test_a_branch_has_the_cool_down_and_the_budget_of_what_it_shares(bus: Bus) -> None:
    for_everybody()
    with working(bus, guarded(Relapsing(10))):
        parent = new_run(settings=SETTINGS)
        answer = told(parent)
        parent.refresh_from_db()
        first, second = nudges(answer)
        for at in (first.at + first.steps + 1, first.at + first.steps + 12):
            other = told(branch(parent, at, settings={"seed": 77}))
            own = [nudge for nudge in nudges(other) if nudge.at >= at]
            assert [nudge.at for nudge in own] == [second.at], "as late as in its parent, and once"
            assert other.finished.reason == "blocked"
        spent = told(branch(parent, second.at + second.steps + 1, settings={"seed": 77}))
        assert not [nudge for nudge in nudges(spent) if nudge.at > second.at]
        assert spent.finished.reason == "blocked"


def test_the_next_turn_is_judged_from_the_start_with_a_budget_of_its_own(bus: Bus) -> None:
    for_everybody(**HELD)
    with working(bus, guarded(Relapsing(COOLDOWN + 8))):
        first = new_run(settings=SETTINGS | {"max_new_tokens": 20})
        nudged = told(first)
        assert (nudged.finished.reason, len(nudges(nudged))) == ("length", 1)
        second = new_run(study=first.study_id, prompt="And now?", settings=SETTINGS)
        answer = told(second)
    second.refresh_from_db()
    assert second.turn.follows_id == first.id
    assert (answer.finished.reason, second.nudges) == ("blocked", NUDGES)
    assert nudges(answer)[0].at == 0, "nothing of it was shown before the first nudge"
    assert not any(is_bad(step.id) for step in answer.steps if step.origin == "sampled")
