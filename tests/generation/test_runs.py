"""A run's status: one writer, guarded updates, leases and epochs."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from generation import lineage, metrics, runs
from generation.bus import BEGIN, Bus, Position, Signal
from generation.models import Run
from generation.protocol import Reason, Started
from generation.queue import Waiting, fair, positions
from generation.recorder import Recorder
from tests.generation.saved import MODEL, block, claim, new_run, outcome, recorded_steps, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bus")]


def expire(run: str) -> None:
    Run.objects.filter(id=run).update(lease_until=timezone.now() - timedelta(seconds=1))


def state(run: str) -> tuple[str, str]:
    row = Run.objects.get(id=run)
    return row.status, row.reason


def test_a_claim_takes_the_run_with_a_new_epoch() -> None:
    run = new_run()
    (one,) = claim("e1")
    assert (one.run.id, one.epoch, one.recorded) == (run.id, 1, Position(0, 0))
    assert one.run.turn.text == "Hi"
    assert one.run.fingerprint == "f1"
    assert claim("e2") == []


def test_many_new_runs_are_claimed_as_one_is_and_stand_so_in_the_database() -> None:
    made = [new_run(f"u{i}") for i in range(5)]
    claim("e0", 0)
    with CaptureQueriesContext(connection) as few:
        claims = runs.claim("e1", MODEL, "f1", 5)
    assert [one.run.id for one in claims] == [run.id for run in made]
    assert len(few) <= 6  # the queue, and one update for all
    for one in claims:
        row = Run.objects.select_related("turn").get(id=one.run.id)
        assert (one.epoch, one.recorded) == (row.epoch, lineage.recorded(row.id, row.at)) == (1, BEGIN)
        assert {f.attname: getattr(one.run, f.attname) for f in Run._meta.concrete_fields} == {
            f.attname: getattr(row, f.attname) for f in Run._meta.concrete_fields
        }


def test_what_another_engine_was_quicker_to_take_is_made_up_for() -> None:
    made = [new_run(f"u{i}") for i in range(4)]
    quick: list[str] = []

    def be_quicker(execute: Any, sql: str, *rest: Any) -> Any:
        if "generation_turn" in sql and not quick:  # between the look at the queue and the claim
            quick.append(made[0].id)
            Run.objects.filter(id=made[0].id).update(status="running", epoch=1, engine="quick")
        return execute(sql, *rest)

    claim("e0", 0)
    with connection.execute_wrapper(be_quicker):
        claims = runs.claim("e1", MODEL, "f1", 2)
    assert [one.run.id for one in claims] == [made[1].id, made[2].id]


def test_two_engines_never_take_the_same_run() -> None:
    made = {new_run(f"u{i % 3}").id for i in range(12)}
    taken: list[str] = []

    def work(engine: str) -> None:
        while claims := claim(engine, 2):
            taken.extend(one.run.id for one in claims)
        connection.close()

    threads = [threading.Thread(target=work, args=(f"e{i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(made)


def test_a_run_that_is_removed_while_it_is_claimed_holds_up_nobody() -> None:
    run, other = new_run(), new_run("u2")
    for one in claim("e0", 2):
        assert runs.hand_over(one.run.id, one.epoch)
    claimed: list[str] = []

    def remove_it(execute: Any, sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if sql.startswith("UPDATE") and not claimed:
            claimed.append(sql)
            Run.objects.filter(id=run.id, status=Run.Status.RUNNING).delete()
        return done

    with connection.execute_wrapper(remove_it):
        assert [one.run.id for one in claim("e1")] == [other.id]


def test_a_run_of_other_weights_is_left_alone() -> None:
    run = new_run()
    (one,) = claim()
    assert runs.hand_over(run.id, one.epoch)
    assert runs.claim("e2", MODEL, "other weights", 1) == []
    assert runs.claim("e2", "other", "f1", 1) == []
    assert [again.run.id for again in claim("e2")] == [run.id]


def test_an_expired_lease_goes_back_to_the_queue_and_the_old_epoch_is_nobody() -> None:
    run = new_run()
    (old,) = claim("e1")
    assert runs.reap() == 0
    expire(run.id)
    assert runs.reap() == 1
    (new,) = claim("e2")
    assert new.epoch == old.epoch + 1
    assert not runs.finish(run.id, old.epoch, outcome(0))
    assert not runs.hand_over(run.id, old.epoch)
    assert not runs.give_up(run.id, old.epoch)
    assert runs.finish(run.id, new.epoch, outcome(0))
    assert not runs.finish(run.id, new.epoch, outcome(5))


def test_a_beat_keeps_the_lease_and_tells_what_is_still_held() -> None:
    kept, lost = new_run(), new_run()
    claims = {one.run.id: one.epoch for one in claim("e1", 2)}
    expire(kept.id)
    Run.objects.filter(id=lost.id).update(engine="e2")
    assert runs.beat("e1") == {kept.id: runs.Held(claims[kept.id], False)}
    assert runs.reap() == 0
    runs.cancel(kept.id)
    assert runs.beat("e1")[kept.id].cancelling


def test_three_tries_without_a_step_end_a_run() -> None:
    run = new_run()
    for _ in range(3):
        assert len(claim()) == 1
        expire(run.id)
        assert runs.reap() == 1
    assert state(run.id) == ("finished", "failed")
    assert Run.objects.get(id=run.id).message == runs.POISON


def test_tries_that_made_steps_are_no_poison(recorder: Recorder) -> None:
    run = new_run()
    for i in range(5):
        (one,) = claim()
        recorder.open(one)
        recorder.steps(run.id, block(1, i, 1), 1)
        assert recorder.drain(10)
        expire(run.id)
        assert runs.reap() == 1
    assert state(run.id) == ("queued", "")
    assert recorded_steps(run.id) == [0, 1, 2, 3, 4]


def test_runs_whose_tries_came_to_nothing_twice_are_taken_one_at_a_time() -> None:
    for failed in (0, 1, 1, 2, 2):
        run = new_run()
        Run.objects.filter(id=run.id).update(tries=failed)
    assert sorted(one.run.tries for one in claim(count=9)) == [1, 2, 2, 3]
    assert len(claim(count=9)) == 1


def test_a_hand_over_is_no_failed_try() -> None:
    run = new_run()
    for _ in range(5):
        (one,) = claim()
        assert runs.hand_over(run.id, one.epoch)
    assert state(run.id) == ("queued", "")
    assert Run.objects.get(id=run.id).tries == 0


def test_giving_up_is_a_failed_try() -> None:
    run = new_run()
    for _ in range(3):
        (one,) = claim()
        assert runs.give_up(run.id, one.epoch)
    assert state(run.id) == ("finished", "failed")


def test_a_queued_run_is_cancelled_at_once() -> None:
    run = new_run()
    counted = metrics.RUNS_ENDED.labels(MODEL, "cancelled")._value
    before = counted.get()
    runs.cancel(run.id)
    assert state(run.id) == ("finished", "cancelled")
    assert counted.get() == before + 1
    row = Run.objects.get(id=run.id)
    assert row.usage == {"prompt_tokens": 0, "sampled_tokens": 0, "forced_tokens": 0}
    assert set(row.timings) == {"queued", "total"}
    assert claim() == []
    runs.cancel(run.id)
    assert state(run.id) == ("finished", "cancelled")


def test_a_running_run_is_asked_to_stop(bus: Bus) -> None:
    run = new_run()
    (one,) = claim()
    heard = bus.listen(5)
    runs.cancel(run.id)
    assert next(heard) == [Signal("cancel", run.id)]
    assert state(run.id) == ("running", "")
    runs.finish(run.id, one.epoch, outcome(0, reason=Reason.CANCELLED))
    assert state(run.id) == ("finished", "cancelled")


def test_a_cancelled_run_whose_engine_dies_ends_with_its_recorded_steps(recorder: Recorder) -> None:
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    recorder.event(Started(run=run.id, prompt_tokens=3, reused_tokens=0))
    recorder.steps(run.id, block(1, 0, 4), 4)
    assert recorder.drain(10)
    runs.cancel(run.id)
    expire(run.id)
    assert runs.reap() == 1
    row = Run.objects.get(id=run.id)
    assert (row.status, row.reason, row.steps) == ("finished", "cancelled", 4)
    assert row.text.count(" w") == 4
    assert row.usage == {"prompt_tokens": 3, "sampled_tokens": 4, "forced_tokens": 0}
    assert set(row.timings) == {"queued", "first_step", "total"}


def test_a_cancelled_run_that_is_handed_over_ends() -> None:
    run = new_run()
    (one,) = claim()
    runs.cancel(run.id)
    runs.hand_over(run.id, one.epoch)
    assert state(run.id) == ("finished", "cancelled")


def test_a_new_run_wakes_the_engines(bus: Bus) -> None:
    heard = bus.listen(5)
    new_run()
    assert next(heard) == [Signal("work")]


def test_fifty_runs_of_one_user_don_t_hold_up_another_s_first() -> None:
    for _ in range(50):
        new_run("greedy")
    first = new_run("patient")
    assert positions(MODEL)[first.id] == 2
    claim("e1", 3)
    assert Run.objects.get(id=first.id).status == "running"
    second = new_run("patient")
    assert positions(MODEL)[second.id] == 1
    assert Run.objects.filter(owner=user("greedy"), status="running").count() == 2


waiting = st.lists(st.integers(0, 4), max_size=40).map(
    lambda owners: [Waiting(f"r{i}", owner, "") for i, owner in enumerate(owners)]
)


@given(waiting, st.dictionaries(st.integers(0, 4), st.integers(0, 5)))
def test_the_queue_is_fair_whoever_comes(queue: list[Waiting], busy: dict[int, int]) -> None:
    served = fair(queue, Counter(busy))
    assert sorted(served) == sorted(queue)
    arrival = {one.run: place for place, one in enumerate(queue)}
    had: Counter[int] = Counter(busy)
    rounds = []
    for one in served:
        rounds.append((had[one.owner], arrival[one.run]))
        had[one.owner] += 1
    assert rounds == sorted(rounds)
