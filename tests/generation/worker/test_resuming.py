"""Whatever happens to an engine, a run comes out as if nothing had: same tokens, each step once."""

import asyncio
import threading
from itertools import pairwise

import pytest
from django.db.models import F, Sum

from generation import runs
from generation.begin import begin
from generation.bus import BEGIN, Bus
from generation.models import Run, RunEvent, StepChunk
from generation.protocol import Score
from tests import patience
from tests.generation.saved import asking, branch, new_run, recorded_steps
from tests.generation.worker.engines import (
    KillAt,
    Killed,
    Sleep,
    Working,
    expire,
    finish,
    served,
    told,
    working,
)

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 11, "max_new_tokens": 9, "k": 8, "prefix": "Once upon"}
# For how many seconds an engine gathers steps before it hands them to be recorded: what is lost in a crash.
EACH_PASS, ONLY_THE_FIRST = 0.0, 3600.0


def make(kind: str, parent: Run | None) -> Run:
    if kind == "score":
        return begin(asking(), Score(text="Water it twice a week 🌱. " * 20, prompt="How?"))
    if kind == "branch":
        assert parent is not None
        return branch(parent, 5, text=" a little plant", settings={"seed": 3})
    return new_run(settings=SETTINGS)


def killed(run: Run, bus: Bus, passes: int, interval: float = EACH_PASS) -> bool:
    """An engine works on the run, and is gone before its pass number `passes`, if it takes so many."""
    one = Working(bus, served(KillAt(passes)), interval=interval)
    while one.is_alive and Run.objects.get(id=run.id).status != "finished":
        threading.Event().wait(0.005)
    one.end()
    expire()
    return isinstance(one.problem, Killed)


@pytest.mark.parametrize("kind", ["answer", "branch", "score"])
@pytest.mark.parametrize("interval", [EACH_PASS, ONLY_THE_FIRST])
def test_a_crash_at_any_step_changes_nothing(bus: Bus, kind: str, interval: float) -> None:
    first = new_run(settings=SETTINGS)
    finish(first, bus)
    undisturbed = finish(make(kind, first), bus)
    held = []
    for passes in range(100):
        run = make(kind, first)
        if not killed(run, bus, passes, interval):
            break
        held.append(len(recorded_steps(run.id)))
        resumed = finish(run, bus)
        assert resumed.steps == undisturbed.steps, passes
        assert resumed.finished.usage == undisturbed.finished.usage
        assert resumed.finished.reason == undisturbed.finished.reason
        assert Run.objects.get(id=run.id).text == undisturbed.text
        assert RunEvent.objects.filter(run=run, kind="started").count() == 1
    assert passes > 1
    gained = [after - before for before, after in pairwise(held)]
    assert all(gained) if interval == EACH_PASS else not any(gained[1:])


def test_a_crash_at_every_step_of_one_run_changes_nothing(bus: Bus) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    run = new_run(settings=SETTINGS)
    while killed(run, bus, passes=3):
        pass
    assert told(run).steps == undisturbed.steps
    assert Run.objects.get(id=run.id).epoch > 2


@pytest.mark.parametrize("seed", [2, 11])
def test_what_was_finished_just_before_a_crash_is_finished_and_not_gone_on_with(bus: Bus, seed: int) -> None:
    settings = {"seed": seed, "max_new_tokens": 150, "k": 50}
    run = new_run(settings=settings)
    before = finish(run, bus)
    rows = Run.objects.filter(id=run.id)
    rows.update(status="running", reason="", text="", steps=0, usage={}, engine="gone")
    expire()
    bus.forget(run.id)
    after = finish(run, bus)
    assert after.steps == before.steps
    assert after.finished.reason == before.finished.reason == {2: "eos", 11: "length"}[seed]
    assert after.finished.usage == before.finished.usage
    assert rows.get().text == before.text


def test_a_full_context_just_before_a_crash_is_the_end(bus: Bus) -> None:
    run = new_run(settings=SETTINGS | {"max_new_tokens": 4000, "prefix": ""})
    with working(bus, served(positions=40)):
        before = told(run)
    assert before.finished.reason == "length"
    assert before.finished.usage["prompt_tokens"] + len(before.steps) == 40
    Run.objects.filter(id=run.id).update(status="running", reason="", engine="gone")
    expire()
    bus.forget(run.id)
    with working(bus, served(positions=40)):
        after = told(run)
    assert after.steps == before.steps
    assert after.finished.reason == "length"


def test_an_engine_that_is_asked_to_stop_hands_over(bus: Bus) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    run = new_run(settings=SETTINGS | {"delay": 0.05})
    one = Working(bus)
    while len(recorded_steps(run.id)) < 4:
        threading.Event().wait(0.01)
    one.end(grace=0)
    row = Run.objects.get(id=run.id)
    assert (row.status, row.tries) == ("queued", 0)
    assert 4 <= len(recorded_steps(run.id)) < len(undisturbed.steps)
    assert bus.engines() == []
    assert finish(run, bus).steps == undisturbed.steps


def test_an_engine_that_is_asked_to_stop_finishes_what_it_can_and_takes_no_more(bus: Bus) -> None:
    run = new_run(settings=SETTINGS | {"delay": 0.05})
    one = Working(bus)
    while not recorded_steps(run.id):
        threading.Event().wait(0.01)
    one.worker.stop(20)
    late = new_run(settings=SETTINGS)
    one.wait()
    assert Run.objects.get(id=run.id).status == "finished"
    assert Run.objects.get(id=late.id).status == "queued"


def test_a_zombie_writes_nothing_and_lives_on(bus: Bus) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    run = new_run(settings=SETTINGS)
    sleep = Sleep(6)
    with working(bus, served(sleep)) as sleeper:
        assert sleep.reached.wait(patience.SECONDS)
        sleeper.worker._desk.close()  # type: ignore[union-attr]  # a stopped process has no threads that go on
        expire()
        with working(bus) as other:
            taken = told(run)
            assert Run.objects.get(id=run.id).engine == other.name
            sleep.awake.set()  # with steps in hand that another has made meanwhile
            assert told(new_run(settings=SETTINGS)).steps == undisturbed.steps
    assert taken.steps == undisturbed.steps
    assert told(run).steps == undisturbed.steps
    entries = asyncio.run(bus.read(run.id, BEGIN, 0.1))
    assert [entry.kind for entry in entries].count("finished") == 1
    assert StepChunk.objects.filter(run=run).aggregate(n=Sum("count"))["n"] == len(undisturbed.steps)


def test_an_engine_that_lost_a_run_goes_on_with_the_others(bus: Bus) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    lost, kept = new_run(settings=SETTINGS), new_run(settings=SETTINGS)
    sleep = Sleep(6)
    with working(bus, served(sleep)):
        assert sleep.reached.wait(patience.SECONDS)
        Run.objects.filter(id=lost.id).update(engine="another", epoch=F("epoch") + 1)
        sleep.awake.set()
        assert told(kept).steps == undisturbed.steps
        row = Run.objects.get(id=lost.id)
        assert (row.status, row.engine) == ("running", "another")
        assert len(recorded_steps(lost.id)) < len(undisturbed.steps)
        expire()
        assert runs.reap() == 1
        assert told(lost).steps == undisturbed.steps
