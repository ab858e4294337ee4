"""What is written ahead of a run's last token, for its guards alone, through a whole worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generation.begin import begin
from generation.bus import Bus
from generation.models import Run
from generation.protocol import Score, Steps
from guard.audit import replaying, tape
from guard.audit.models import Verdict as Kept
from tests.generation.saved import asking, branch, new_run
from tests.generation.worker.engines import Told, texts, told, working
from tests.generation.worker.guards import (
    ALARM,
    CALM,
    GUARD,
    for_everybody,
    guarded,
    install,
    is_bad,
    temper,
    verdicts,
)
from tests.tiny import CHATML

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 5, "max_new_tokens": 40}
REFUSES: dict[str, Any] = {"rule": {"kind": "consecutive", "k": 1}, "ladder": [{"kind": "refuse"}], "hold": 4}


@pytest.fixture(autouse=True)
def _guard(tmp_path: Path) -> None:
    install(tmp_path)


def again(run: Run) -> bool:
    return replaying.again(list(Kept.objects.filter(run=run.id))).same


def test_one_token_at_a_time_shows_what_one_run_shows(bus: Bus) -> None:
    for_everybody(**REFUSES)
    seeds = iter(range(50))
    with working(bus, guarded(temper(bias=-0.7))):
        whole = told(new_run(settings=SETTINGS | {"seed": 0}))
        while whole.finished.reason != "blocked" or len(whole.steps) < 4:
            seed = next(seeds)
            whole = told(new_run(settings=SETTINGS | {"seed": seed}))
        short = new_run(settings=SETTINGS | {"seed": seed, "max_new_tokens": 1})
        shown = told(short)
        while shown.finished.reason == "length":
            assert shown.finished.usage["sampled_tokens"] == 1
            assert shown.finished.guard == pytest.approx({GUARD: CALM}, abs=1e-4)
            short = branch(Run.objects.get(id=short.id), len(shown.steps))
            shown = told(short)
    assert shown.ids == whole.ids
    assert shown.finished.reason == "blocked"


def test_a_few_tokens_arrive_as_asked_and_the_audit_has_those_beyond(bus: Bus) -> None:
    for_everybody(**REFUSES | {"hold": 3})
    with working(bus, guarded(temper(bias=-9.0))):
        run = new_run(settings=SETTINGS | {"max_new_tokens": 2})
        answer = told(run)
    assert (len(answer.steps), answer.finished.reason) == (2, "length")
    (end,) = Kept.objects.filter(run=run.id)
    assert (end.action, end.released, end.dropped, end.held) == ("pass", 2, 3, 0)
    fates = [token.fate.name for token in tape.decode(end.tape)]
    assert fates == ["RELEASED"] * 2 + ["DROPPED"] * 3 + ["RELEASED"]  # the last is the judgement behind all
    assert again(run)


def test_an_end_that_lies_beyond_is_nobodys(bus: Bus) -> None:
    for_everybody(**REFUSES | {"hold": 8})
    with working(bus, guarded(temper(bias=-9.0))):
        ids = told(new_run(settings=SETTINGS)).ids
    end = next(place for place in range(4, 40) if ids[place] not in ids[:place])
    with working(bus, guarded(temper(bias=-9.0), ends=frozenset({ids[end]}))):
        for most in range(1, end + 4):
            answer = told(new_run(settings=SETTINGS | {"max_new_tokens": most}))
            assert answer.ids == ids[: min(most, end + 1)]
            assert answer.finished.reason == ("eos" if most > end else "length")


def scored(bus: Bus, text: str) -> Told:
    with working(bus, guarded(temper(bias=4.0))):
        return told(begin(asking(), Score(text=text, settings={"seed": 5})))


def tops(answer: Told) -> list[bool]:
    found = [step for message in answer.messages if isinstance(message, Steps) for step in message.steps]
    return [bool(step["top"]) for step in found]


def test_a_text_is_read_with_what_would_come_next(bus: Bus) -> None:
    """Else its alternatives would tell, word by word, what the model may not say."""
    encode = texts(CHATML)[1].encode_text
    good = "".join(one for one in "abcdefghijklmnopqrstuvwxyz" if not is_bad(encode(one, opens=True)[-1]))
    for_everybody(**REFUSES | {"rule": {"kind": "consecutive", "k": 2}})
    answer = scored(bus, good)
    count = len(answer.steps)
    assert {step.origin for step in answer.steps} == {"given"}
    assert answer.finished.guard is not None
    assert answer.finished.guard[GUARD] < ALARM
    said = [(message.action, message.detail) for message in verdicts(answer)]
    assert said == [
        ("flag", "The guard found unsafe what the model would say next, so the alternatives are left out.")
    ]
    assert not any(tops(answer)[-2:])
    assert len(tops(answer)) == count
    assert answer.finished.reason == "length"
    assert again(Run.objects.get())


def test_where_nothing_is_held_nothing_is_written_ahead(bus: Bus) -> None:
    for_everybody(**REFUSES | {"hold": 0})
    with working(bus, guarded(temper(bias=-9.0))) as one:
        run = new_run(settings=SETTINGS | {"max_new_tokens": 2})
        told(run)
        assert one.is_alive
    (end,) = Kept.objects.filter(run=run.id)
    assert (end.released, end.dropped) == (2, 0)
