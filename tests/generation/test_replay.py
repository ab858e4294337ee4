"""One reader: every step once and in order, whatever happens to bus, engines and row meanwhile."""

import asyncio
import random
import threading
from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import lineage, replay, runs, vocabulary
from generation.bus import Bus, BusDown, Entry, Position
from generation.models import Run, RunEvent, Study
from generation.protocol import Finished, Gone, Nudge, Queued, Reason, ServerMessage, Started, StepJson, Steps
from generation.recorder import Recorder
from generation.replay import Reader, history
from generation.tree import tree
from tests import patience
from tests.generation.saved import (
    block,
    branch,
    claim,
    finished_run,
    generate_all,
    new_run,
    outcome,
    read_all,
    recorded_steps,
    steps_in,
    text_of,
    texts_in,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "SILENCE", 0.1)
    monkeypatch.setattr(replay, "WAITING", 0.05)
    monkeypatch.setattr(replay, "AWAY", 0.02)


def follow(*readers: Reader, work: threading.Thread | None = None) -> list[list[ServerMessage]]:
    """Reads all to their ends while `work` goes on."""

    async def story() -> list[list[ServerMessage]]:
        reading = [asyncio.create_task(read_all(reader)) for reader in readers]
        if work is not None:
            work.start()
        return await asyncio.gather(*reading)

    found = asyncio.run(story())
    if work is not None:
        work.join()
    return found


def engine(recorder: Recorder, steps: int, seed: int = 1) -> threading.Thread:
    """Claims one run and writes its steps, one after the other."""

    def work() -> None:
        (one,) = claim()
        recorder.open(one)
        recorder.event(Started(run=one.run.id, prompt_tokens=2, reused_tokens=0))
        for i in range(one.recorded.steps, steps):
            recorder.steps(one.run.id, block(seed, i, 1), 1)
            if i % 5 == 0:
                recorder.drain(10)
        recorder.finish(one.run.id, outcome(steps, text_of(seed, 0, steps)))
        recorder.drain(10)
        connection.close()

    return threading.Thread(target=work)


def test_a_watched_run_from_queue_to_end(recorder: Recorder) -> None:
    run = new_run()
    reader = Reader(run.id)

    async def story() -> list[ServerMessage]:
        found = await reader.read()
        assert found == [Queued(run=run.id, position=1)]
        work = engine(recorder, 60)
        work.start()
        found = await read_all(reader)
        await asyncio.to_thread(work.join)
        return found

    found = asyncio.run(story())
    assert steps_in(found) == list(range(60))
    assert texts_in(found) == text_of(1, 0, 60)
    assert [message.type for message in found if not isinstance(message, Steps)] == ["started", "finished"]


@pytest.mark.parametrize("after", [-1, 0, 4, 28, 29, 1000])
def test_a_finished_run_is_read_from_any_cursor(recorder: Recorder, after: int) -> None:
    run = finished_run(recorder, 30)
    (found,) = follow(Reader(run.id, after))
    assert steps_in(found) == list(range(after + 1, 30))
    assert isinstance(found[-1], Finished)
    assert found[-1].reason is Reason.LENGTH
    assert steps_in(history(run.id, after)) == list(range(after + 1, 30))


def test_stream_and_database_say_the_same(recorder: Recorder) -> None:
    run = new_run()
    (live,) = follow(Reader(run.id), work=engine(recorder, 40))
    saved = list(history(run.id))

    def steps(messages: list[ServerMessage]) -> list[object]:
        return [step for message in messages if isinstance(message, Steps) for step in message.steps]

    assert steps(live) == steps(saved)
    assert live[-1] == saved[-1]


def test_a_reader_takes_no_more_than_it_was_asked_for(recorder: Recorder) -> None:
    run = finished_run(recorder, 30)

    async def story() -> list[int]:
        reader, sizes = Reader(run.id), []
        while not reader.done:
            sizes.append(len(steps_in(await reader.read(7))))
        return sizes

    assert asyncio.run(story()) == [7, 7, 7, 7, 2]


def test_a_branch_gives_the_shared_steps_and_then_its_own(recorder: Recorder) -> None:
    parent = finished_run(recorder, 10)
    child = branch(parent, 6)
    (one,) = claim()
    generate_all(recorder, one, 12, seed=2)
    assert recorder.drain(10)
    grandchild = branch(Run.objects.get(id=child.id), 8)
    early = branch(Run.objects.get(id=child.id), 3)
    for seed, end in ((3, 11), (4, 5)):
        (one,) = claim()
        generate_all(recorder, one, end, seed=seed)
    assert recorder.drain(10)
    found = follow(Reader(child.id), Reader(grandchild.id), Reader(early.id))
    assert [texts_in(messages) for messages in found] == [
        text_of(1, 0, 6) + text_of(2, 6, 12),
        text_of(1, 0, 6) + text_of(2, 6, 8) + text_of(3, 8, 11),
        text_of(1, 0, 3) + text_of(4, 3, 5),
    ]
    assert recorded_steps(grandchild.id, after=6) == [7, 8, 9, 10]


def test_a_watched_branch_begins_where_its_cursor_says(recorder: Recorder) -> None:
    parent = finished_run(recorder, 10)
    child = branch(parent, 6)
    (live, whole) = follow(Reader(child.id, after=5), Reader(child.id), work=engine(recorder, 20, seed=2))
    assert steps_in(live) == list(range(6, 20))
    assert steps_in(whole) == list(range(20))
    assert [message.type for message in live if message.type == "started"] == ["started"]


def test_events_come_where_they_happened_from_any_cursor(recorder: Recorder) -> None:
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    nudge = Nudge(run=run.id, at=3, guard="g", score=0.9, tau=0.5, text="Sorry", steps=2)
    recorder.steps(run.id, block(1, 0, 3), 3)
    recorder.event(nudge)
    recorder.steps(run.id, block(1, 3, 4), 4)
    recorder.finish(run.id, outcome(7))
    assert recorder.drain(10)
    for after, expected in ((-1, [[0, 1, 2], [3, 4, 5, 6]]), (2, [[], [3, 4, 5, 6]])):
        found = list(history(run.id, after))
        at = found.index(nudge)
        assert [steps_in(found[:at]), steps_in(found[at:])] == expected
    assert nudge not in history(run.id, 3)
    child = branch(Run.objects.get(id=run.id), 5)
    mine = Nudge(run=child.id, at=3, guard="g", score=0.9, tau=0.5, text="Sorry", steps=2)
    assert [m for m in history(child.id) if isinstance(m, Nudge)] == [mine]
    assert RunEvent.objects.filter(run=child).count() == 0


def test_a_deleted_or_unknown_run_is_gone(recorder: Recorder) -> None:
    run, other = finished_run(recorder), finished_run(recorder)
    Run.objects.filter(id=run.id).update(gone=timezone.now())
    Study.objects.filter(id=other.study_id).update(deleted=timezone.now())
    for found in follow(Reader(run.id), Reader(other.id), Reader("never was")):
        assert [type(message) for message in found] == [Gone]


def test_a_queued_run_that_is_cancelled_ends_for_its_readers(recorder: Recorder) -> None:
    run = new_run()
    (found,) = follow(Reader(run.id), work=threading.Thread(target=_cancelled, args=(run.id,)))
    assert isinstance(found[-1], Finished)
    assert found[-1].reason is Reason.CANCELLED


def _cancelled(run: str) -> None:
    runs.cancel(run)
    connection.close()


class Moody:
    """A bus that forgets, fails and delays as its dice say."""

    def __init__(self, bus: Bus, seed: int) -> None:
        self._bus = bus
        self._dice = random.Random(seed)

    async def read(self, run: str, after: Position, block: float, limit: int = 64) -> list[Entry]:
        mood = self._dice.random()
        if mood < 0.15:
            raise BusDown("moody")
        if mood < 0.25:
            self._bus.forget(run)
        return await self._bus.read(run, after, block, self._dice.randint(1, limit))


@pytest.mark.parametrize("seed", range(12))
def test_kills_zombies_wipes_and_failures_lose_and_double_nothing(
    bus: Bus, seed: int, recorder: Recorder
) -> None:
    """Engines die or sleep at random steps, zombies write other texts, readers drop and come back."""
    dice = random.Random(seed)
    total = dice.randint(20, 60)
    run = new_run()
    problems: list[str] = []

    def work() -> None:
        written = 0
        zombies: list[Recorder] = []
        while written < total:
            Run.objects.filter(id=run.id, status="running").update(
                lease_until=timezone.now() - timedelta(seconds=1)
            )
            runs.reap()
            (one,) = claim(f"e{written}")
            mine = Recorder(bus, lambda run, epoch: None, interval=0.001)
            mine.open(one)
            if one.recorded.steps < written:
                problems.append(f"{one.recorded} after {written} were seen")
            written = one.recorded.steps
            for zombie in zombies:
                zombie.steps(run.id, block(666, written, 2), 2)
                zombie.drain(10)
            stop = dice.randint(written + 1, total)
            while written < stop:
                count = min(dice.randint(1, 4), stop - written)
                mine.steps(run.id, block(1, written, count), count)
                written += count
                if dice.random() < 0.4:
                    mine.drain(10)
            if written == total:
                mine.finish(run.id, outcome(total, text_of(1, 0, total)))
            mine.drain(10)
            zombies.append(mine)
            if len(zombies) > 3:  # each may hold a connection
                zombies.pop(0).close()
        for zombie in zombies:
            zombie.close()
        connection.close()

    async def watch(seed: int) -> list[ServerMessage]:
        found: list[ServerMessage] = []
        hand = random.Random(seed)
        while True:
            last = max(steps_in(found), default=-1)
            reader = Reader(run.id, last, Moody(bus, hand.randint(0, 999)))  # type: ignore[arg-type]
            for _ in range(hand.randint(1, 6)):
                found += await asyncio.wait_for(reader.read(hand.randint(1, 9)), patience.SECONDS)
                if reader.done:
                    return found

    async def story() -> list[list[ServerMessage]]:
        thread = threading.Thread(target=work)
        thread.start()
        found = await asyncio.gather(*(watch(seed * 10 + i) for i in range(3)))
        await asyncio.to_thread(thread.join)
        return list(found)

    for found in asyncio.run(story()):
        assert steps_in(found) == list(range(total))
        assert texts_in(found) == text_of(1, 0, total)
    assert problems == []
    assert recorded_steps(run.id) == list(range(total))
    assert Run.objects.get(id=run.id).text == text_of(1, 0, total)


def test_a_tree_of_two_thousand_runs_takes_a_few_queries(recorder: Recorder) -> None:
    root = finished_run(recorder, 6)
    line = [Run(owner=root.owner, study=root.study, turn=root.turn, parent=root, at=1, settings={})]
    for i in range(1999):
        line.append(Run(
            owner=root.owner, study=root.study, turn=root.turn, parent=line[i // 2], at=2, settings={},
            status="finished", reason="eos", steps=2,
        ))  # fmt: skip
    Run.objects.bulk_create(line)
    with CaptureQueriesContext(connection) as queries:
        found = tree(root.study_id)
    assert len(found.runs) == 2001
    assert len(queries) <= 5
    with CaptureQueriesContext(connection) as queries:
        assert recorded_steps(line[-1].id) == [0]
    assert len(queries) < 40


@pytest.mark.parametrize("after", [-1, 0, 238, 239, 240, 718, 719, 720, 1000, 1439, 1440, 1498])
def test_a_long_run_is_whole_wherever_its_pages_end(recorder: Recorder, after: int) -> None:
    """Sealed chunks of 240 steps, pages of 128: they end at, before and within a chunk."""
    new_run()
    (one,) = claim()
    generate_all(recorder, one, 1500, cut=range(40, 1500, 40))
    assert recorder.drain(10)
    assert recorded_steps(one.run.id, after) == list(range(after + 1, 1500))
    (found,) = follow(Reader(one.run.id, after))
    assert steps_in(found) == list(range(after + 1, 1500))
    assert isinstance(found[-1], Finished)


def test_steps_that_come_while_the_database_is_asked_are_told_with_their_texts(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was queued, so its model unknown, at the first question; at the next its steps are there."""
    run = new_run()
    asked = lineage.stretches
    written: list[str] = []

    def and_then_it_is_written(name: str) -> list[lineage.Stretch]:
        found = asked(name)
        if not written:  # whoever writes asks too
            written.append(name)
            generate_all(recorder, claim()[0], 4)
            assert recorder.drain(10)
        return found

    monkeypatch.setattr(lineage, "stretches", and_then_it_is_written)
    (told,) = follow(Reader(run.id))
    steps = [step for message in told if isinstance(message, Steps) for step in message.steps]
    assert [step["i"] for step in steps] == list(range(4))
    assert not any("<id" in text for step in steps for _, text, _, _ in step["top"])


def test_one_that_has_just_been_begun_is_read_from_the_stream_alone(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    recorder.event(Started(run=run.id, prompt_tokens=2, reused_tokens=0))
    for i in range(4):
        recorder.steps(run.id, block(1, i, 1), 1)
    recorder.finish(run.id, outcome(4))
    assert recorder.drain(10)

    def asked(*_: object) -> None:
        raise AssertionError("the database was asked")

    vocabulary.visible("f1")  # another run's reader was here
    monkeypatch.setattr(replay, "_look", asked)
    monkeypatch.setattr(replay, "_visible_of", asked)
    (told,) = follow(Reader(run.id, begun=True))
    monkeypatch.undo()
    assert steps_in(told) == list(range(4))
    assert isinstance(told[-1], Finished)
    assert _steps(told) == _steps(history(run.id))


def _steps(messages: Iterable[ServerMessage]) -> list[StepJson]:
    return [step for message in messages if isinstance(message, Steps) for step in message.steps]


def test_one_that_has_just_been_begun_and_waits_is_told_its_place() -> None:
    new_run()
    run = new_run()
    assert asyncio.run(Reader(run.id, begun=True).read()) == [Queued(run=run.id, position=2)]
