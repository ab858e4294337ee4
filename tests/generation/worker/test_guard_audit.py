"""What an engine really recorded, on the audit's pages: each run decides again as it did, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from frontend.accounts.creation import create
from generation.bus import Bus
from generation.models import Run
from guard.audit import replaying, tape
from guard.audit.models import Verdict
from guard.audit.verification import verify
from tests.generation.saved import branch, new_run
from tests.generation.worker.engines import KillAt, Working, expire, told, working
from tests.generation.worker.guards import POLICIES, WORDS, for_everybody, guarded, install, temper

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 5, "max_new_tokens": 14}


@pytest.fixture(autouse=True)
def _guard(tmp_path: Path) -> None:
    install(tmp_path)


def script(stubborn: bool) -> dict[str, Any]:
    return {"bias": 1.5, "reforms": "" if stubborn else WORDS}


def replays(run: Run) -> replaying.Replayed:
    return replaying.again(list(Verdict.objects.filter(run=run.id)))


@pytest.mark.parametrize("stubborn", [False, True])
@pytest.mark.parametrize("name", POLICIES)
def test_a_run_decides_again_as_it_did(bus: Bus, name: str, stubborn: bool) -> None:
    for_everybody(**POLICIES[name])
    run = new_run(settings=SETTINGS)
    with working(bus, guarded(temper(**script(stubborn)))):
        told(run)
    replayed = replays(run)
    assert replayed.recorded
    assert replayed.same, replayed
    assert verify().problem == ""


def test_a_branch_does_too(bus: Bus) -> None:
    for_everybody()
    with working(bus, guarded(temper(**script(stubborn=True)))):
        run = new_run(settings=SETTINGS)
        told(run)
        branches = [branch(run, at) for at in (3, 6, 9, 12)]
        for one in branches:
            told(one)
    for one in branches:
        assert replays(one).same, replays(one)


def test_a_run_that_was_taken_over_does_too(bus: Bus) -> None:
    for_everybody()
    for step in (4, 8, 12):
        run = new_run(settings=SETTINGS)
        one = Working(bus, guarded(temper(**script(stubborn=True)), KillAt(step)))
        try:
            one.wait()
        finally:
            if one.is_alive:
                one.end()
        expire()
        with working(bus, guarded(temper(**script(stubborn=True)))):
            told(run)
        assert replays(run).same, (step, replays(run))


def test_its_page_tells_the_story(bus: Bus) -> None:
    for_everybody()
    with working(bus, guarded(temper(reforms=WORDS))):
        run = new_run(settings=SETTINGS | {"max_new_tokens": 40}, prompt="A question")
        answer = told(run)
    client = Client()
    client.force_login(
        create("warden", "a lighthouse at noon", staff=True),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    page = client.get(f"/audit/runs/{run.id}/")
    (judgement,) = page.context["judgements"]
    assert page.context["replayed"].same
    assert [token.step for token in judgement.tokens if token.step] == list(range(1, len(answer.steps) + 1))
    (fired,) = [token for token in judgement.tokens if token.fired]
    assert fired.step
    assert answer.steps[fired.step].origin == "nudge"
    assert [cell.shown for cell in fired.cells] == ["0.950", "0.950"]
    last = Verdict.objects.get(run=run.id, final=True)
    assert "".join(token.text for token in tape.decode(last.tape, last.entry.text.text)) == answer.text
    shown = client.post(f"/audit/runs/{run.id}/text/").content.decode()
    assert "A question" in shown
    assert ">" + answer.steps[0].text + "<" in shown
