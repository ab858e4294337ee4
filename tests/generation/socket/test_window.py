"""The credit window: 256 steps ahead of what the client acknowledged, never more, and nobody else waits."""

import asyncio
import json
import time
from itertools import pairwise
from typing import Any

import pytest

from generation import replay
from generation.protocol import MAX_FRAME, Ack, Close, StepJson, Subscribe
from generation.recorder import Recorder
from generation.socket import metrics, pump, window
from generation.socket.conversation import Conversation
from generation.socket.frames import steps_frames
from generation.socket.window import Window
from tests import patience
from tests.client import Client, steps_of, text_of
from tests.contract import Frame
from tests.generation import saved
from tests.generation.socket.conftest import Person, play
from tests.generation.socket.ends import Ends


async def silence_after(client: Client, run: str, count: int) -> list[Frame]:
    """The frames with so many steps of the run, and whatever comes in the second after them."""
    frames: list[Frame] = []
    while len(steps_of(frames)) < count:
        frames.append(await client.of(run))
    while not await client.silent(1):
        frames.append(await client.next())
    return frames


def test_a_client_that_acknowledges_nothing_gets_256_steps_and_the_others_all(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as slow, ann.client() as quick:
            slow.acknowledges = False
            run = (await slow.start(prompt="Hi", settings={"seed": 7, "k": 5, "max_new_tokens": 1000}))["id"]
            await quick.send("subscribe", run=run)
            assert text_of(await quick.read(run)) == saved.text_of(7, 0, 1000)
            frames = await silence_after(slow, run, 256)
            assert [step["i"] for step in steps_of(frames)] == list(range(256))
            assert (await slow.ask("ping"))["type"] == "pong"

            refused = await slow.ask("ack", run=run, i=256)
            assert (refused["code"], refused["field"]) == ("invalid", "i")
            assert await silence_after(slow, run, 0) == []  # what is refused gives no credit either

            await slow.send("ack", run=run, i=99)
            frames = await silence_after(slow, run, 100)
            assert [step["i"] for step in steps_of(frames)] == list(range(256, 356))

            slow.acknowledges = True
            await slow.send("ack", run=run, i=355)
            frames = await slow.read(run)
            assert [step["i"] for step in steps_of(frames)] == list(range(356, 1000))

    play(story())


def test_below_the_window_no_ack_is_needed_and_at_its_edge_the_end_still_comes(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            client.acknowledges = False
            run = (await client.start(prompt="Hi", settings={"k": 5, "max_new_tokens": 256}))["id"]
            frames = await client.read(run)
            assert len(steps_of(frames)) == 256
            assert frames[-1]["type"] == "finished"

    play(story())


def test_what_the_cursor_names_counts_as_acknowledged(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            run = (await client.start(prompt="Hi", settings={"k": 5, "max_new_tokens": 700}))["id"]
            await client.read(run)
            client.acknowledges = False
            await client.send("subscribe", run=run, after=299)
            frames = await silence_after(client, run, 256)
            assert [step["i"] for step in steps_of(frames)] == list(range(300, 556))

    play(story())


def test_at_most_25_frames_a_second_none_larger_than_64_kib(ann: Person) -> None:
    """The client looks at each frame's size; these are a run's largest steps."""

    async def story() -> tuple[float, int]:
        async with ann.client() as client:
            settings = {"k": 50, "max_new_tokens": 1500}
            run = (await client.start(prompt="Hi", settings=settings))["id"]
            assert len(steps_of(await client.read(run))) == 1500
            client.arrivals.clear()
            began = time.monotonic()
            await client.send("subscribe", run=run)
            again = await client.read(run)
            assert (again[-1]["type"], len(steps_of(again))) == ("finished", 1500)
            return client.arrivals[run][-1] - began, len(client.arrivals[run])

    # A receiver on a busy machine sees one frame with the next, so here their sum alone counts.
    seconds, frames = play(story())
    assert frames > 30
    assert seconds >= (frames - 1) / 25


@pytest.mark.django_db(transaction=True)
def test_frames_go_out_no_closer_than_a_25th_of_a_second(recorder: Recorder) -> None:
    run = saved.finished_run(recorder, 250)

    async def story() -> list[tuple[float, float]]:
        times: list[tuple[float, float]] = []

        class Timed(Ends):
            async def say(self, frame: bytes) -> None:
                # When it goes out, and when the server thinks that it does: a busy machine lies between.
                times.append((time.monotonic(), talk._pumps[run.id]._framed or 0.0))
                await super().say(frame)

        ends = Timed()
        talk = Conversation(run.owner_id, ends.say, ends.close)
        for after in (-1, 200):
            await talk.take(Subscribe(run=run.id, after=after))
            await asyncio.wait_for(ends.ended.wait(), patience.SECONDS)
            ends.ended.clear()
        await talk.end()
        assert len(steps_of(ends.frames)) == 250 + 49
        return [at for at, frame in zip(times, ends.frames, strict=True) if frame["type"] == "steps"][:-1]

    times = asyncio.run(story())
    assert len(times) >= 2
    assert all(later - framed >= 0.04 for (_, framed), (later, _) in pairwise(times))


@pytest.mark.django_db(transaction=True)
def test_an_answer_s_last_steps_don_t_wait_for_the_next_frame_s_time(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "INTERVAL", 3600.0)
    run = saved.new_run()

    async def story() -> list[Frame]:
        ends = Ends()
        talk = Conversation(run.owner_id, ends.say, ends.close)
        (one,) = await asyncio.to_thread(saved.claim)
        recorder.open(one)
        await talk.take(Subscribe(run=run.id, after=-1))
        recorder.steps(run.id, saved.block(1, 0, 2), 2)
        await ends.nth(0)
        for i in range(2, 5):
            recorder.steps(run.id, saved.block(1, i, 1), 1)
        recorder.finish(run.id, saved.outcome(5))
        await asyncio.wait_for(ends.ended.wait(), patience.SECONDS)
        await talk.end()
        return ends.frames

    frames = asyncio.run(story())
    assert [[step["i"] for step in steps_of([frame])] for frame in frames] == [[0, 1], [2, 3, 4], []]


@pytest.mark.once
def test_steps_are_split_into_frames_that_fit_and_none_is_lost() -> None:
    large: list[StepJson] = [
        {
            "i": i,
            "id": i,
            "text": "é" * (i % 300),
            "origin": "sampled",
            "logprob": -1.0,
            "p": 0.1,
            "rank": 0,
            "entropy": 1.0,
            "top": [(token, "<E2 80>" * 20, -1.5, 0.1) for token in range(50)],
            "t": i,
        }
        for i in range(120)
    ]
    frames = list(steps_frames("r" * 16, large))
    assert all(len(frame) <= MAX_FRAME for frame, _ in frames)
    assert len(frames) < 40
    assert frames[-1][1] == 119
    assert [step["i"] for frame, _ in frames for step in json.loads(frame)["steps"]] == list(range(120))


@pytest.mark.once
def test_an_ack_gives_no_credit_for_what_was_not_sent() -> None:
    credit = Window(-1)
    credit.sent = 255
    assert credit.room == 0
    credit.ack(5000)
    assert credit.room == 256
    credit.ack(10)
    assert credit.room == 256


class Clock:
    """The running loop's time, with what a test lets pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self._passed, self._real = 0.0, loop.time
        monkeypatch.setattr(loop, "time", lambda: self._real() + self._passed)

    async def passes(self, seconds: float) -> None:
        """Whoever waits for less goes on."""
        self._passed += seconds
        await asyncio.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_without_an_ack_the_full_window_ends_with_4408_and_an_ack_in_time_prevents_it(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = saved.finished_run(recorder, 600)
    before = metrics.SLOW._value.get()

    async def story(acks: int) -> list[Frame]:
        ends, clock, full = Ends(), Clock(monkeypatch), asyncio.Event()
        opened = Window.opened

        async def watched(self: Window) -> None:
            if self.room <= 0:
                full.set()
            await opened(self)

        monkeypatch.setattr(Window, "opened", watched)
        talk = Conversation(run.owner_id, ends.say, ends.close)
        await talk.take(Subscribe(run=run.id))
        for i in range(acks):
            await full.wait()
            full.clear()
            await clock.passes(window.PATIENCE * 0.9)
            assert not ends.closed.done()
            await talk.take(Ack(run=run.id, i=i * 10))
        await full.wait()
        await clock.passes(window.PATIENCE * 1.1)
        assert await asyncio.wait_for(ends.closed, patience.SECONDS) is Close.TOO_SLOW
        await talk.end()
        return ends.frames

    assert len(steps_of(asyncio.run(story(0)))) == 256
    assert len(steps_of(asyncio.run(story(4)))) == 256 + 31
    assert metrics.SLOW._value.get() == before + 2


@pytest.mark.django_db(transaction=True)
def test_no_query_is_asked_while_steps_flow(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is being written: its reader asks the database at the start, and no more until the end."""
    looks = 0
    look = replay._look

    def counted(*given: Any) -> Any:
        nonlocal looks
        looks += 1
        return look(*given)

    monkeypatch.setattr(replay, "_look", counted)
    run = saved.new_run()
    (one,) = saved.claim()
    recorder.open(one)

    async def story() -> list[Frame]:
        ends = Ends()
        talk = Conversation(run.owner_id, ends.say, ends.close)
        await talk.take(Subscribe(run=run.id))
        for i in range(150):
            recorder.steps(run.id, saved.block(1, i, 1), 1)
            await asyncio.sleep(0.005)
        recorder.finish(run.id, saved.outcome(150))
        await asyncio.wait_for(ends.ended.wait(), patience.SECONDS)
        await talk.end()
        return ends.frames

    frames = asyncio.run(story())
    assert [step["i"] for step in steps_of(frames)] == list(range(150))
    assert looks <= 2
