"""The bus's contract, on every bus."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.bus import BEGIN, Append, Bus, BusDown, Position, Presence, Signal, StreamLost
from generation.bus.memory import MemoryBus
from tests import patience
from tests.contracts.buses import KINDS, append, bus_of, event, steps


@pytest.fixture(params=KINDS)
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    with bus_of(request.param) as made:
        yield made


def test_a_reader_gets_what_was_appended_from_its_cursor(bus: Bus) -> None:
    entries = [
        event(0, kind="started"),
        steps(0, 3, Position(0, 1)),
        steps(3, 2),
        event(5),
        steps(5, 1, Position(5, 1)),
    ]
    assert append(bus, "r", *entries) == frozenset()
    assert asyncio.run(bus.read("r", BEGIN, 0.5)) == entries
    assert asyncio.run(bus.read("r", Position(3, 0), 0.5)) == entries[2:]
    assert asyncio.run(bus.read("r", Position(5, 0), 0.5)) == entries[3:]
    assert asyncio.run(bus.read("r", Position(5, 1), 0.5)) == entries[4:]


def test_a_cursor_within_an_entry_gets_that_entry(bus: Bus) -> None:
    append(bus, "r", steps(0, 3), steps(3, 4))
    assert asyncio.run(bus.read("r", Position(5, 0), 0.5)) == [steps(3, 4)]


def test_a_limit_leaves_the_rest_for_the_next_read(bus: Bus) -> None:
    append(bus, "r", *(steps(i, 1) for i in range(10)))
    assert asyncio.run(bus.read("r", BEGIN, 0.5, limit=4)) == [steps(i, 1) for i in range(4)]


def test_a_repeat_is_refused_and_changes_nothing(bus: Bus) -> None:
    append(bus, "r", steps(0, 3), steps(3, 1))
    assert append(bus, "r", steps(0, 3)) == {"r"}
    assert append(bus, "r", steps(3, 1)) == {"r"}
    assert asyncio.run(bus.read("r", BEGIN, 0.5)) == [steps(0, 3), steps(3, 1)]


def test_one_run_s_refusal_is_not_another_s(bus: Bus) -> None:
    append(bus, "late", steps(0, 3))
    appends = [Append("late", [steps(0, 1)]), Append("fresh", [steps(0, 1)])]
    assert bus.append(appends) == {"late"}
    assert asyncio.run(bus.read("fresh", BEGIN, 0.5)) == [steps(0, 1)]


def test_an_unknown_stream_is_silent_not_an_error(bus: Bus) -> None:
    assert asyncio.run(bus.read("nobody", BEGIN, 0.02)) == []
    assert asyncio.run(bus.read("nobody", Position(7, 0), 0.02)) == []


def test_a_hole_is_told(bus: Bus) -> None:
    append(bus, "r", steps(0, 3), steps(5, 2))
    with pytest.raises(StreamLost):
        asyncio.run(bus.read("r", BEGIN, 0.5))
    assert asyncio.run(bus.read("r", Position(5, 0), 0.5)) == [steps(5, 2)]


def test_a_missing_event_is_a_hole_too(bus: Bus) -> None:
    append(bus, "r", steps(0, 3), steps(3, 2, prev=Position(3, 1)))
    with pytest.raises(StreamLost):
        asyncio.run(bus.read("r", BEGIN, 0.5))


def test_a_long_stream_is_trimmed_and_tells_so(bus: Bus) -> None:
    for start in range(0, 3000, 500):
        append(bus, "r", *(steps(i, 1) for i in range(start, start + 500)))
    with pytest.raises(StreamLost):
        asyncio.run(bus.read("r", BEGIN, 0.5))
    assert asyncio.run(bus.read("r", Position(2999, 0), 0.5)) == [steps(2999, 1)]


def test_a_sleeping_reader_wakes_at_once(bus: Bus) -> None:
    async def story(run: str) -> float:
        reading = asyncio.create_task(bus.read(run, BEGIN, patience.SECONDS))
        await asyncio.to_thread(bus.engines)  # the reader is asleep by the time a thread has run
        append(bus, "warm", steps(0, 1))
        began = time.perf_counter()
        threading.Thread(target=append, args=(bus, run, steps(0, 1))).start()
        assert await reading == [steps(0, 1)]
        return time.perf_counter() - began

    # The quickest of a few: what else the machine does can only make it slower.
    assert min(asyncio.run(story(f"r{number}")) for number in range(10)) < 0.1


def test_many_readers_of_many_runs_each_get_their_own(bus: Bus) -> None:
    runs = [f"run{i}" for i in range(30)]

    async def follow(run: str) -> list[bytes]:
        cursor, got = BEGIN, []
        while cursor.steps < 20:
            for entry in await bus.read(run, cursor, 10):
                got.append(entry.body)
                cursor = entry.position
        return got

    def write() -> None:
        for i in range(20):
            bus.append([Append(run, [steps(i, 1)]) for run in runs])

    async def story() -> list[list[bytes]]:
        readers = [asyncio.create_task(follow(run)) for run in runs for _ in range(2)]
        await asyncio.gather(asyncio.to_thread(write), *readers)
        return [reader.result() for reader in readers]

    for got in asyncio.run(story()):
        assert got == [steps(i, 1).body for i in range(20)]


def test_all_readers_of_a_loop_are_woken_by_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = MemoryBus()

    async def story() -> int:
        readers = [asyncio.create_task(bus.read(f"r{n}", BEGIN, patience.SECONDS)) for n in range(9)]
        await asyncio.sleep(0)  # they sleep now
        loop, calls = asyncio.get_running_loop(), 0
        call_soon_threadsafe = loop.call_soon_threadsafe

        def counted(*call: Any) -> asyncio.Handle:
            nonlocal calls
            calls += 1
            return call_soon_threadsafe(*call)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        bus.append([Append(f"r{n}", [steps(0, 1)]) for n in range(9)])
        assert await asyncio.gather(*readers) == [[steps(0, 1)]] * 9
        return calls

    assert asyncio.run(story()) == 1


def test_a_reader_that_goes_away_harms_nobody(bus: Bus) -> None:
    async def story() -> None:
        leaving = asyncio.create_task(bus.read("r", BEGIN, 10))
        staying = asyncio.create_task(bus.read("r", BEGIN, 10))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.to_thread(append, bus, "r", steps(0, 1))
        assert await staying == [steps(0, 1)]

    asyncio.run(story())


def test_a_forgotten_stream_is_silent(bus: Bus) -> None:
    append(bus, "r", steps(0, 1))
    bus.forget("r")
    bus.forget("never there")
    assert asyncio.run(bus.read("r", BEGIN, 0.02)) == []


def test_every_listener_hears_a_signal_from_now_on(bus: Bus) -> None:
    bus.signal(Signal("work"))
    first, second = bus.listen(2), bus.listen(2)
    bus.signal(Signal("cancel", "r"))
    for listener in (first, second):
        assert next(listener) == [Signal("cancel", "r")]


def test_a_listener_comes_back_when_nothing_was_said(bus: Bus) -> None:
    assert next(bus.listen(0.02)) == []


def test_an_engine_is_there_until_its_beat_ends(bus: Bus) -> None:
    here = Presence("a", "model", "f", loaded=True, running=3)
    bus.beat(here, 30)
    bus.beat(Presence("b", "model", "", loaded=False, detail="loading 40 %"), 30)
    bus.beat(Presence("c", "model", "f", loaded=True), 0.01)
    while len(bus.engines()) > 2:
        threading.Event().wait(0.01)
    assert [presence.engine for presence in bus.engines()] == ["a", "b"]
    assert bus.engines()[0] == here
    bus.leave("b")
    assert bus.engines() == [here]


def test_closing_ends_the_sleeping_reader(bus: Bus) -> None:
    async def story() -> None:
        reading = asyncio.create_task(bus.read("r", BEGIN, 10))
        await asyncio.sleep(0.05)
        bus.close()
        with pytest.raises(BusDown):
            await reading

    asyncio.run(story())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_writers_repeat_a_reader_sees_each_step_once(bus: Bus, data: st.DataObject) -> None:
    """A writer and zombies that repeat old entries, in any interleaving, with a reader between."""
    run = f"r{data.draw(st.integers(0, 2**40))}"
    bus.forget(run)
    entries = [steps(i, 1) for i in range(data.draw(st.integers(1, 12)))]
    got: list[bytes] = []
    cursor, written = BEGIN, 0

    async def catch_up() -> Position:
        at = cursor
        # Something is there to read, so the patience is for a busy machine: an answer that came too late
        # would be a choice that depends on time, and Hypothesis allows none.
        for entry in await bus.read(run, at, patience.SECONDS, limit=data.draw(st.integers(1, 8))):
            got.append(entry.body)
            at = entry.position
        return at

    while cursor.steps < len(entries):
        choice = data.draw(st.sampled_from(["write", "zombie", "read"]))
        if choice == "write" and written < len(entries):
            assert append(bus, run, entries[written]) == frozenset()
            written += 1
        elif choice == "zombie" and written:
            assert append(bus, run, entries[data.draw(st.integers(0, written - 1))]) == {run}
        elif cursor.steps < written:
            cursor = asyncio.run(catch_up())
        elif written < len(entries):
            append(bus, run, entries[written])
            written += 1
    assert got == [entry.body for entry in entries]
