"""An engine that is killed at any step: whoever takes the run over decides as if nothing had come between."""

from pathlib import Path
from typing import Any

import pytest

from generation import lineage
from generation.bus import Bus
from generation.models import Decision, Run
from guard.audit import replaying
from guard.audit.models import Verdict
from tests.generation.saved import new_run
from tests.generation.worker.engines import KillAt, Told, Working, expire, told, working
from tests.generation.worker.guards import POLICIES, WORDS, for_everybody, guarded, install, temper

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 5, "max_new_tokens": 14}


@pytest.fixture(autouse=True)
def _guard(tmp_path: Path) -> None:
    install(tmp_path)


def decisions(run: Run) -> list[tuple[int, dict[str, Any]]]:
    return list(Decision.objects.filter(run=run).order_by("number").values_list("at", "body"))


def story(run: Run) -> list[tuple[Any, ...]]:
    """What the audit has of it, without what a take-over may change."""
    rows = Verdict.objects.filter(run=run.id).order_by("entry_id")
    return [(row.action, row.final, row.guard, row.score, row.threshold, row.step) for row in rows]


def public(answer: Told) -> list[dict[str, Any]]:
    """Every message but the frames of steps and the times."""
    left = ("type", "run", "timings", "reused_tokens")
    return [
        {name: value for name, value in _fields(message).items() if name not in left}
        for message in answer.messages
        if message.type not in ("steps", "started", "queued")
    ]


def _fields(message: Any) -> dict[str, Any]:
    from generation.protocol import as_dict

    return as_dict(message)


def once(bus: Bus, settings: dict[str, Any], **script: Any) -> tuple[Run, Told]:
    run = new_run(settings=settings)
    with working(bus, guarded(temper(**script))):
        told(run)
    return Run.objects.get(id=run.id), told(run)  # whoever watched live saw what was withdrawn later


@pytest.mark.parametrize("stubborn", [False, True])
@pytest.mark.parametrize("name", POLICIES)
def test_killed_at_each_step_it_decides_the_same(bus: Bus, name: str, stubborn: bool) -> None:
    for_everybody(**POLICIES[name])
    script: dict[str, Any] = {"bias": 1.5, "reforms": "" if stubborn else WORDS}
    whole, undisturbed = once(bus, SETTINGS, **script)
    assert decisions(whole) or name == "block"
    n = 0
    while True:
        run = new_run(settings=SETTINGS)
        one = Working(bus, guarded(temper(**script), KillAt(n)))
        try:
            if n and _ends(run, one):
                break
            one.wait()
        finally:
            if one.is_alive:
                one.end()
        expire()
        with working(bus, guarded(temper(**script))):
            told(run)
        answer = told(run)
        row = Run.objects.get(id=run.id)
        assert answer.steps == undisturbed.steps, n
        assert public(answer) == public(undisturbed), n
        assert (row.text, row.nudges, row.reason) == (whole.text, whole.nudges, whole.reason), n
        assert [body for _, body in decisions(row)] == [body for _, body in decisions(whole)], n
        assert story(row) == story(whole), n
        assert row.text == lineage.text(row.id)
        replayed = replaying.again(list(Verdict.objects.filter(run=run.id)))
        assert replayed.same, (n, replayed)
        n += 1
    assert n > 2


def _ends(run: Run, one: Working) -> bool:
    """Whether the run came to its end before the engine was killed."""
    from tests.generation.worker.engines import pause_until

    pause_until(lambda: not one.is_alive or Run.objects.get(id=run.id).status == "finished")
    return Run.objects.get(id=run.id).status == "finished"
