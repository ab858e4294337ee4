"""Cancelling, refusing, and runs that fell an engine."""

from collections.abc import Sequence
from typing import Any

import pytest

from generation import runs
from generation.bus import Bus, Signal
from generation.engine.forward import Span
from generation.engine.inprocess import NOT_FINITE
from generation.models import Run
from generation.worker import desk as desks
from generation.worker import task as tasks
from tests.generation.saved import asking, branch, new_run, recorded_steps
from tests.generation.worker.engines import KillAt, Working, finish, pause_until, served, texts, told, working
from tests.tiny import CHATML

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = {"seed": 5, "max_new_tokens": 4000, "delay": 0.02, "k": 5}
SHORT = {"seed": 5, "max_new_tokens": 6}


def unfinished() -> bool:
    return Run.objects.exclude(status="finished").exists()


def wait_out(one: Working) -> None:
    """Until the engine has fallen, or all is done."""
    pause_until(lambda: not one.is_alive or not unfinished())
    one.end()


def is_running(run: Run) -> bool:
    return len(recorded_steps(run.id)) > 1


def test_a_running_run_is_cancelled_at_once(bus: Bus) -> None:
    with working(bus):
        run = new_run(settings=SLOW | {"delay": 2.0})
        pause_until(lambda: bool(recorded_steps(run.id)))
        runs.cancel(run.id)
        answer = told(run)
        total = answer.finished.timings["total"]
    assert answer.finished.reason == "cancelled"
    assert total < 1500  # not after the pause between two tokens
    assert Run.objects.get(id=run.id).text == answer.text
    assert answer.finished.usage["sampled_tokens"] == len(answer.steps)


def test_a_cancelled_run_frees_its_place_for_the_next(bus: Bus) -> None:
    with working(bus, places=1):
        first, second = new_run(settings=SLOW), new_run(settings=SHORT)
        pause_until(lambda: is_running(first))
        assert Run.objects.get(id=second.id).status == "queued"
        runs.cancel(first.id)
        assert told(second).finished.reason in ("length", "eos")
        assert told(first).finished.reason == "cancelled"


def test_a_cancel_that_comes_while_a_run_is_prepared_isn_t_lost(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = tasks.prepare

    def slowly(claim: Any, one: Any) -> Any:
        runs.cancel(claim.run.id)
        return prepare(claim, one)

    monkeypatch.setattr(desks, "prepare", slowly)
    with working(bus):
        answer = told(new_run(settings=SLOW))
    assert answer.finished.reason == "cancelled"
    assert len(answer.steps) < 3


def test_a_cancel_that_the_bus_didn_t_bring_is_seen_at_the_next_beat(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = bus.signal

    def deaf(signal: Signal) -> None:
        if signal.kind != "cancel":
            say(signal)

    monkeypatch.setattr(bus, "signal", deaf)
    monkeypatch.setattr(runs, "BEAT", 0.05)
    monkeypatch.setattr(desks, "LOOK", 0.05)
    with working(bus):
        run = new_run(settings=SLOW)
        pause_until(lambda: is_running(run))
        runs.cancel(run.id)
        assert told(run).finished.reason == "cancelled"


def test_a_text_that_is_too_long_is_refused_in_one_sentence(bus: Bus) -> None:
    with working(bus, served(positions=60)):
        long = told(new_run(prompt="word " * 200, settings=SHORT))
        fine = told(new_run(settings=SHORT))
    assert long.finished.reason == "failed"
    assert "too long" in str(long.finished.message)
    assert str(long.finished.message).endswith(".")
    assert long.steps == []
    assert fine.finished.reason in ("length", "eos")


def test_a_conversation_that_the_template_refuses_is_told_in_one_sentence(bus: Bus) -> None:
    refusing = "{{ raise_exception('Only one thing is wrong here') }}"
    with working(bus, served(template=refusing)):
        answer = told(new_run(settings=SHORT))
    assert answer.finished.reason == "failed"
    assert "Only one thing is wrong here" in str(answer.finished.message)
    assert "/" not in str(answer.finished.message)


def test_a_branch_that_can_t_be_done_keeps_the_shared_text(bus: Bus) -> None:
    with working(bus, served(positions=60)):
        first = new_run(settings=SHORT)
        before = told(first)
        answer = told(branch(first, 3, text="word " * 200))
    shared = "".join(step.text for step in before.steps[:3])
    assert answer.finished.reason == "failed"
    assert "too long" in str(answer.finished.message)
    assert answer.text == shared


def test_a_branch_of_another_model_s_answer_is_refused(bus: Bus) -> None:
    first = new_run(settings=SHORT)
    finish(first, bus)
    begun, fresh = branch(first, 2), branch(first, 0)
    with working(bus, served(fingerprint="other weights")):
        answer = told(begun)
        again = told(fresh)
    assert answer.finished.reason == "failed"
    assert answer.finished.message == "The answer that this one goes on from was written by another model."
    assert answer.finished.usage == {"prompt_tokens": 0, "sampled_tokens": 0, "forced_tokens": 0}
    assert set(answer.finished.timings) == {"queued", "total"}
    assert again.finished.reason in ("length", "eos")


def test_steps_that_were_deleted_can_t_be_gone_on_from(bus: Bus) -> None:
    first = new_run(settings=SHORT)
    finish(first, bus)
    after = branch(first, 2)
    first.chunks.all().delete()
    with working(bus):
        pause_until(lambda: Run.objects.get(id=after.id).status == "finished")
    row = Run.objects.get(id=after.id)
    assert (row.reason, row.message) == ("failed", "The steps that this answer goes on from were deleted.")


def test_a_run_that_makes_no_numbers_fails_alone(bus: Bus) -> None:
    one = served()
    script = one.engine.forward._script  # type: ignore[attr-defined]

    def broken(tokens: list[int]) -> Any:
        logits = script(tokens)
        return logits * float("nan") if speaks_of_mars(tokens) else logits

    one.engine.forward._script = broken  # type: ignore[attr-defined]
    with working(bus, one):
        bad = new_run(prompt="To Mars, the planet", settings=SHORT)
        good = new_run(prompt="Home", settings=SHORT)
        assert told(bad).finished.message == NOT_FINITE
        assert told(good).finished.reason in ("length", "eos")


def speaks_of_mars(tokens: Sequence[int]) -> bool:
    pieces = texts(CHATML)[0]
    return b"Mars, the planet" in b"".join(map(pieces.bytes_of, tokens))


def explode(spans: Sequence[Span]) -> bool:
    """What a broken driver does: a pass with these words in it never comes back."""
    if any(speaks_of_mars(span.tokens) for span in spans):
        raise RuntimeError("device-side assert triggered at /usr/lib/driver.so")
    return False


def test_a_run_that_fells_engines_ends_and_the_others_live(bus: Bus) -> None:
    innocent = [new_run(f"u{i}", prompt="Home", settings=SHORT) for i in range(3)]
    bad = new_run("bad", prompt="To Mars, the planet", settings=SHORT)
    more = [new_run(f"v{i}", prompt="Home", settings=SHORT) for i in range(3)]
    felled = 0
    while unfinished():
        one = Working(bus, served(explode, places=8), places=8)
        wait_out(one)
        felled += isinstance(one.problem, RuntimeError)
    assert felled == runs.MOST_TRIES
    row = Run.objects.get(id=bad.id)
    assert (row.reason, row.message) == ("failed", runs.POISON)
    for run in innocent + more:
        assert Run.objects.get(id=run.id).reason in ("length", "eos")


@pytest.mark.parametrize("kills", [1, 2])
def test_runs_of_a_killed_engine_don_t_wait_for_each_other_s_end(bus: Bus, kills: int) -> None:
    slow = SHORT | {"max_new_tokens": 1000, "delay": 2}
    names = [new_run(f"u{i}", settings=slow).id for i in range(4)]
    Run.objects.update(tries=kills)  # before any of them had a step
    with working(bus):
        pause_until(lambda: all(recorded_steps(name) for name in names))
        for name in names:
            runs.cancel(name)
        pause_until(lambda: not unfinished())


def test_a_run_that_kills_engines_ends_too(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(settings=SHORT)
    for _ in range(runs.MOST_TRIES):
        one = Working(bus, served(KillAt(0)))
        one.wait()
        Run.objects.filter(id=run.id).update(lease_until="2020-01-01T00:00:00Z")
        runs.reap()
    row = Run.objects.get(id=run.id)
    assert (row.status, row.reason, row.message) == ("finished", "failed", runs.POISON)


def test_a_run_that_can_t_be_read_is_given_up_after_three_tries(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(claim: Any, one: Any) -> Any:
        raise ZeroDivisionError

    with working(bus), monkeypatch.context() as patched:
        patched.setattr(desks, "prepare", broken)
        bad = new_run(settings=SHORT)
        pause_until(lambda: Run.objects.get(id=bad.id).status == "finished")
        patched.undo()
        assert told(new_run(settings=SHORT)).finished.reason in ("length", "eos")
    assert Run.objects.get(id=bad.id).message == runs.POISON


def test_runs_that_began_on_replaced_weights_end_some_day(bus: Bus) -> None:
    old, young = new_run(settings=SHORT), new_run(settings=SHORT)
    Run.objects.update(fingerprint="replaced", started="2020-01-01T00:00:00Z")
    Run.objects.filter(id=young.id).update(started=young.created)
    with working(bus):
        pause_until(lambda: Run.objects.get(id=old.id).status == "finished")
    assert Run.objects.get(id=old.id).message == runs.REPLACED
    assert Run.objects.get(id=young.id).status == "queued"
    assert asking().models[0] == old.model
