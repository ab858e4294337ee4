"""Recorded before sent, once, and by the holder of the lease alone."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from generation import commit as committing
from generation import recorder as recording
from generation import runs
from generation.bus import BEGIN, Append, Bus, BusDown, Position
from generation.models import Run, RunEvent, StepChunk
from generation.protocol import Nudge, Started
from generation.recorder import Recorder
from generation.replay import Reader
from tests import patience
from tests.generation.saved import (
    block,
    claim,
    finished_run,
    generate_all,
    new_run,
    outcome,
    read_all,
    recorded_steps,
    steps_in,
    text_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_steps_are_in_the_database_when_the_bus_gets_them(
    recorder: Recorder, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []
    append = bus.append

    def watched(appends: Sequence[Append]) -> frozenset[str]:
        for one in appends:
            stored = len(recorded_steps(one.run))
            sent.extend((entry.position.steps, stored) for entry in one.entries)
        return append(appends)

    monkeypatch.setattr(bus, "append", watched)
    new_run()
    (one,) = claim()
    generate_all(recorder, one, 20, cut=[1, 2, 7, 8, 15])
    assert recorder.drain(10)
    assert sent
    assert all(steps <= stored for steps, stored in sent)


def test_the_end_comes_with_the_last_steps_and_seals_them(recorder: Recorder) -> None:
    run = finished_run(recorder, 600)
    assert (run.status, run.reason, run.steps) == ("finished", "length", 600)
    assert run.text == text_of(1, 0, 600)
    assert recorded_steps(run.id) == list(range(600))


def test_many_small_chunks_become_a_few(recorder: Recorder) -> None:
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    for i in range(40):
        recorder.steps(run.id, block(1, i, 1), 1)
        if i % 4 == 0:
            assert recorder.drain(10)
    assert StepChunk.objects.filter(run=run).count() >= 10
    recorder.finish(run.id, outcome(40))
    assert recorder.drain(10)
    assert StepChunk.objects.filter(run=run).count() == 1
    assert recorded_steps(run.id) == list(range(40))


def test_a_run_without_steps_can_end(recorder: Recorder) -> None:
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    recorder.finish(run.id, outcome(0))
    assert recorder.drain(10)
    assert Run.objects.get(id=run.id).status == "finished"


def test_what_is_handed_over_together_is_one_commit(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit: Any = committing.commit
    batches: list[list[str]] = []

    def watched(batch: Sequence[committing.Write]) -> set[committing.Held]:
        batches.append([write.run for write in batch])
        live: set[committing.Held] = commit(batch)
        return live

    monkeypatch.setattr(recording, "commit", watched)
    made = [new_run() for _ in range(3)]
    claims = claim(count=3)
    with recorder.together():
        for one in claims:
            recorder.open(one)
            with recorder.together():
                recorder.steps(one.run.id, block(1, 0, 1), 1)
    assert recorder.drain(patience.SECONDS)
    assert [set(batch) for batch in batches] == [{run.id for run in made}]


def test_an_end_doesn_t_wait_for_the_next_commit_s_time(bus: Bus, transactional_db: None) -> None:
    run = new_run()
    (one,) = claim()
    recorder = Recorder(bus, lambda run, epoch: None, interval=3600)
    try:
        recorder.open(one)
        recorder.steps(run.id, block(1, 0, 1), 1)  # the first one is committed at once
        (first,) = asyncio.run(bus.read(run.id, BEGIN, patience.SECONDS))
        assert first.position == Position(1, 0)
        recorder.steps(run.id, block(1, 1, 1), 1)
        recorder.finish(run.id, outcome(2, text_of(1, 0, 2)))
        assert steps_in(asyncio.run(read_all(Reader(run.id, 0)))) == [1]
        assert Run.objects.get(id=run.id).status == "finished"
        assert StepChunk.objects.filter(run=run).count() == 2  # sealed when nobody waits for it
    finally:
        assert recorder.close()
    assert StepChunk.objects.filter(run=run).count() == 1


def test_events_stand_where_they_happened(recorder: Recorder, bus: Bus) -> None:
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    recorder.event(Started(run=run.id, prompt_tokens=3, reused_tokens=0))
    recorder.steps(run.id, block(1, 0, 2), 2)
    for _ in range(2):
        recorder.event(Nudge(run=run.id, at=2, guard="g", score=0.9, tau=0.5, text="Sorry", steps=1))
    recorder.steps(run.id, block(1, 2, 1), 1)
    recorder.finish(run.id, outcome(3))
    assert recorder.drain(10)
    rows = RunEvent.objects.order_by("position", "seq").values_list("kind", "position", "seq")
    assert list(rows) == [("started", 0, 1), ("nudge", 2, 1), ("nudge", 2, 2)]
    entries = asyncio.run(bus.read(run.id, BEGIN, 5))
    assert [(entry.kind, entry.position) for entry in entries] == [
        ("started", Position(0, 1)),
        ("steps", Position(2, 0)),
        ("nudge", Position(2, 1)),
        ("nudge", Position(2, 2)),
        ("steps", Position(3, 0)),
        ("finished", Position(3, 1)),
    ]


def test_an_engine_that_slept_through_its_lease_writes_nothing(
    recorder: Recorder, bus: Bus, fenced: list[str]
) -> None:
    run = new_run()
    (old,) = claim("sleeper")
    recorder.open(old)
    recorder.steps(run.id, block(1, 0, 2), 2)
    assert recorder.drain(10)
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert runs.reap() == 1
    (new,) = claim("e2")
    assert new.recorded == Position(2, 0)
    lost: list[str] = []
    second = Recorder(bus, lambda run, epoch: lost.append(run), interval=0.002)
    second.open(new)
    second.steps(run.id, block(1, 2, 1), 1)
    assert second.drain(10)
    recorder.steps(run.id, block(999, 2, 3), 3)  # awake again
    recorder.finish(run.id, outcome(5))
    assert recorder.drain(10)
    assert set(fenced) == {run.id}
    second.steps(run.id, block(1, 3, 1), 1)
    second.finish(run.id, outcome(4, text_of(1, 0, 4)))
    assert second.close()
    assert lost == []
    row = Run.objects.get(id=run.id)
    assert (row.steps, row.text) == (4, text_of(1, 0, 4))
    assert recorded_steps(run.id) == [0, 1, 2, 3]


def test_what_was_late_under_an_old_claim_stays_out_when_the_same_engine_has_the_run_again(
    recorder: Recorder, fenced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    (old,) = claim()
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert runs.reap() == 1
    (new,) = claim()
    with recorder._work:  # so that both are in one commit
        recorder.open(old)
        recorder.steps(run.id, block(999, 0, 4), 4)
        generate_all(recorder, new, 3)
    assert recorder.drain(10)
    assert fenced == [run.id]
    row = Run.objects.get(id=run.id)
    assert (row.status, row.steps, row.text) == ("finished", 3, text_of(1, 0, 3))
    assert recorded_steps(run.id) == [0, 1, 2]


def test_one_fenced_run_doesn_t_hold_up_the_others(recorder: Recorder, fenced: list[str]) -> None:
    made = [new_run() for _ in range(3)]
    claims = claim(count=3)
    runs.hand_over(made[1].id, 1)
    for one in claims:
        generate_all(recorder, one, 5)
    assert recorder.drain(10)
    assert set(fenced) == {made[1].id}
    assert [Run.objects.get(id=run.id).status for run in made] == ["finished", "queued", "finished"]
    assert recorded_steps(made[1].id) == []


def test_a_deleted_run_is_fenced_too(recorder: Recorder, fenced: list[str]) -> None:
    run = new_run()
    (one,) = claim()
    Run.objects.all().delete()
    generate_all(recorder, one, 3)
    assert recorder.drain(10)
    assert set(fenced) == {run.id}


def test_a_commit_whose_answer_was_lost_is_done_once(
    recorder: Recorder, fenced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit: Any = committing.commit
    lost = 0

    def unlucky(batch: Any) -> set[committing.Held]:
        nonlocal lost
        live: set[committing.Held] = commit(batch)
        lost += 1
        if lost % 2:
            raise OperationalError("server closed the connection unexpectedly")
        return live

    monkeypatch.setattr(recording, "commit", unlucky)
    run = finished_run(recorder, 30)
    assert lost >= 2
    assert fenced == []
    assert recorded_steps(run.id) == list(range(30))


def test_steps_wait_while_the_database_is_away(
    recorder: Recorder, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = threading.Event()
    tried = threading.Event()
    commit: Any = committing.commit

    def away(batch: Any) -> set[committing.Held]:
        if not back.is_set():
            tried.set()
            raise OperationalError("connection refused")
        live: set[committing.Held] = commit(batch)
        return live

    monkeypatch.setattr(recording, "commit", away)
    run = new_run()
    (one,) = claim()
    generate_all(recorder, one, 10, cut=[5])
    assert tried.wait(patience.SECONDS)
    assert asyncio.run(bus.read(run.id, BEGIN, 0.05)) == []
    back.set()
    assert recorder.drain(10)
    assert recorded_steps(run.id) == list(range(10))


def test_a_bus_that_is_down_costs_no_step(
    recorder: Recorder, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(appends: Sequence[Append]) -> frozenset[str]:
        raise BusDown("gone")

    monkeypatch.setattr(bus, "append", down)
    run = finished_run(recorder, 30)
    assert recorded_steps(run.id) == list(range(30))


def test_a_fault_in_the_recorder_gives_the_runs_up_and_not_the_thread(
    recorder: Recorder, fenced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(batch: Any) -> set[committing.Held]:
        raise ZeroDivisionError

    run = new_run()
    (one,) = claim()
    with monkeypatch.context() as broken:
        broken.setattr(recording, "commit", faulty)
        generate_all(recorder, one, 3)
        assert recorder.drain(10)
    assert set(fenced) == {run.id}
    assert runs.give_up(run.id, one.epoch)
    (again,) = claim()
    generate_all(recorder, again, 3)
    assert recorder.drain(10)
    assert recorded_steps(run.id) == [0, 1, 2]
