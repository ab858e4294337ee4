"""Database and bus away, many at once, slow watchers: nothing is lost, and nobody waits for another."""

import threading
import time
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError, connection

from generation import recorder as recording
from generation import runs
from generation.bus import Append, Bus, BusDown
from generation.models import Run
from generation.protocol import Steps
from generation.worker import desk as desks
from generation.worker import loop as loops
from generation.worker import wire as wires
from tests import patience
from tests.generation.saved import new_run, recorded_steps
from tests.generation.worker.engines import (
    Sleep,
    Working,
    expire,
    finish,
    pause_until,
    served,
    told,
    working,
)

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 11, "max_new_tokens": 40, "k": 8}


def has_steps(run: Run, count: int) -> bool:
    return len(recorded_steps(run.id)) >= count


class Away:
    """Makes functions fail while it lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
        self._patch = monkeypatch
        self._problem = problem
        self.lasts = threading.Event()
        self.noticed = threading.Event()

    def over(self, owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def tried(*arguments: Any, **named: Any) -> Any:
            if self.lasts.is_set():
                self.noticed.set()
                raise self._problem
            return real(*arguments, **named)

        self._patch.setattr(owner, name, tried)


@pytest.mark.parametrize("moment", ["idle", "claiming", "preparing", "generating"])
def test_the_database_goes_and_comes_back(bus: Bus, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    monkeypatch.setattr(desks, "AWAY", 0.05)
    monkeypatch.setattr(runs, "BEAT", 0.05)
    monkeypatch.setattr(desks, "LOOK", 0.05)
    away = Away(monkeypatch, OperationalError("the server closed the connection at /var/run"))
    places: dict[str, list[tuple[Any, str]]] = {
        "idle": [(runs, "beat"), (runs, "claim"), (runs, "reap")],
        "claiming": [(runs, "claim")],
        "preparing": [(desks, "prepare")],
        "generating": [(runs, "beat"), (runs, "claim"), (runs, "reap"), (recording, "commit")],
    }
    for owner, name in places[moment]:
        away.over(owner, name)
    with working(bus):
        if moment != "generating":
            away.lasts.set()
        run = new_run(settings=SETTINGS | {"delay": 0.01 if moment == "generating" else 0})
        if moment == "generating":
            pause_until(lambda: bool(recorded_steps(run.id)))
            away.lasts.set()
        assert away.noticed.wait(patience.SECONDS)
        away.lasts.clear()
        answer = told(run)
    assert answer.steps == undisturbed.steps
    assert Run.objects.get(id=run.id).reason == undisturbed.finished.reason


def test_a_claim_whose_answer_was_lost_goes_back_to_the_queue(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "AWAY", 0.05)
    monkeypatch.setattr(runs, "BEAT", 0.05)
    monkeypatch.setattr(desks, "LOOK", 0.05)
    real, lost = runs.claim, threading.Event()

    def unlucky(*arguments: Any, **named: Any) -> Any:
        claims = real(*arguments, **named)
        if claims and not lost.is_set():
            lost.set()
            raise OperationalError("server closed the connection unexpectedly")
        return claims

    monkeypatch.setattr(runs, "claim", unlucky)
    with working(bus):
        run = new_run(settings=SETTINGS)
        answer = told(run)
    assert lost.is_set()
    assert answer.finished.reason in ("length", "eos")
    assert Run.objects.get(id=run.id).epoch == 2


def test_every_connection_is_cut_in_mid_run(bus: Bus) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    with working(bus):
        run = new_run(settings=SETTINGS | {"delay": 0.02})
        for cut in range(1, 4):
            pause_until(partial(has_steps, run, 4 * cut))
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
        answer = told(run)
    assert answer.steps == undisturbed.steps


def test_nothing_more_is_generated_than_the_recorder_takes(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "MOST_WAITING", 5)
    away = Away(monkeypatch, OperationalError("away"))
    away.over(recording, "commit")
    with working(bus) as one:
        away.lasts.set()
        made = [new_run(settings=SETTINGS | {"max_new_tokens": 400, "seed": seed}) for seed in range(4)]
        assert away.noticed.wait(patience.SECONDS)
        loop = one.worker._loop
        assert loop is not None
        pause_until(lambda: loop._recorder.waiting > 5)
        decoded = loop._engine.counters.decoded
        time.sleep(0.3)
        assert loop._engine.counters.decoded == decoded
        away.lasts.clear()
        assert sum(len(told(run).steps) for run in made) > decoded


def test_the_bus_goes_and_comes_back(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    monkeypatch.setattr(wires, "AWAY", 0.05)
    away = Away(monkeypatch, BusDown("Redis doesn't answer"))
    for name in ("append", "signal", "beat", "engines", "listen"):
        away.over(bus, name)
    with working(bus) as one:
        away.lasts.set()
        run = new_run(settings=SETTINGS)
        pause_until(lambda: Run.objects.get(id=run.id).status == "finished")
        away.lasts.clear()
        assert told(run).steps == undisturbed.steps
        assert told(new_run(settings=SETTINGS)).steps == undisturbed.steps
        pause_until(lambda: [engine.engine for engine in bus.engines()] == [one.name])


def test_fifty_runs_of_one_person_don_t_hold_up_another_s_first(bus: Bus) -> None:
    with working(bus, served(places=4), places=4):
        greedy = [new_run("greedy", settings={"max_new_tokens": 200, "delay": 0.5}) for _ in range(50)]
        pause_until(lambda: Run.objects.filter(status="running").count() >= 4)
        patient = new_run("patient", settings={"max_new_tokens": 3, "seed": 5})
        answer = told(patient)
        finished = Run.objects.filter(id__in=[run.id for run in greedy], status="finished").count()
        for run in greedy:
            runs.cancel(run.id)
    assert answer.finished.reason in ("length", "eos")
    assert finished == 0  # each of them takes longer than a busy machine takes for all of this


def test_two_engines_share_the_queue(bus: Bus) -> None:
    undisturbed = finish(new_run(settings=SETTINGS), bus)
    with working(bus, places=2) as one, working(bus, places=2) as two:
        made = [new_run(f"u{i}", settings=SETTINGS | {"delay": 0.005}) for i in range(8)]
        answers = [told(run) for run in made]
        engines = set(Run.objects.filter(id__in=[run.id for run in made]).values_list("engine", flat=True))
    assert all(answer.steps == undisturbed.steps for answer in answers)
    assert engines == {one.name, two.name}


def test_a_run_comes_out_the_same_alone_and_among_sixteen(bus: Bus) -> None:
    alone = finish(new_run(settings=SETTINGS), bus)
    with working(bus, served(places=16), places=16):
        for seed in range(15):
            new_run(f"u{seed}", prompt=f"Hello {seed}", settings=SETTINGS | {"seed": seed})
        assert told(new_run(settings=SETTINGS)).steps == alone.steps


def test_a_watched_run_comes_step_by_step_and_delays_nobody(bus: Bus) -> None:
    with working(bus):
        slow = new_run(settings={"seed": 11, "max_new_tokens": 5, "delay": 0.2})
        endless = new_run("third", settings={"seed": 11, "delay": 2})
        pause_until(lambda: bool(recorded_steps(slow.id) and recorded_steps(endless.id)))
        quick = told(new_run("other", settings=SETTINGS))
        assert Run.objects.get(id=endless.id).status == "running"
        watched = told(slow)
        runs.cancel(endless.id)
    assert quick.finished.reason in ("length", "eos")
    frames = [message.steps for message in watched.messages if isinstance(message, Steps)]
    times = [step["t"] for steps in frames for step in steps]
    assert len(times) == 5
    assert all(later - earlier > 150 for earlier, later in pairwise(times))


def test_appends_are_one_a_commit_however_many_runs(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    real, sizes = bus.append, []

    def counted(appends: Sequence[Append]) -> frozenset[str]:
        sizes.append(len({append.run for append in appends}))
        return real(appends)

    monkeypatch.setattr(bus, "append", counted)
    with working(bus, served(places=8), places=8):
        for run in [new_run(f"u{i}", settings=SETTINGS | {"delay": 0.01}) for i in range(8)]:
            told(run)
    assert max(sizes) > 3
    expire()


def test_an_engine_that_hangs_gives_its_leases_up_and_says_so_once(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "STUCK", 2 * loops.IDLE)  # an idle loop turns once in IDLE
    monkeypatch.setattr(runs, "BEAT", 0.05)
    monkeypatch.setattr(desks, "LOOK", 0.05)
    sleep = Sleep(3)
    told_of: list[str] = []
    run = new_run(settings=SETTINGS)
    hung = Working(bus, served(sleep), stuck=lambda: told_of.append("stuck"))
    try:
        assert sleep.reached.wait(patience.SECONDS)
        pause_until(lambda: bool(told_of))
        expire()
        answer = finish(run, bus)  # it is another's now, and comes to its end there
        assert told_of == ["stuck"]
    finally:
        sleep.left = 10_000
        sleep.awake.set()
        hung.end()
    assert told(run).steps == answer.steps
