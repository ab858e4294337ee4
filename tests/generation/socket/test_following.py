"""Following runs: several sockets, any cursor, again and no more; and ending them."""

import asyncio

import pytest
from django.utils import timezone

from generation.models import Run
from tests.client import steps_of, text_of
from tests.contract import Frame
from tests.generation.socket.asking import SLOW, expected, settings
from tests.generation.socket.conftest import Person, play


def test_cancel_ends_a_run_and_asked_again_gives_the_same_end(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            run = await client.start(prompt="Hi", settings=settings(steps=1000, delay=0.05))
            await client.of(run["id"], "steps")
            await client.send("cancel", run=run["id"])
            end = await client.of(run["id"], "finished")
            assert end["reason"] == "cancelled"
            assert 0 < end["steps"] < 1000
            again = await client.ask("cancel", run=run["id"])
            assert again == end | {"ref": again["ref"]}

    play(story())


def test_cancel_of_a_run_that_the_socket_does_not_follow_tells_its_end(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client, ann.client() as other:
            run = await client.start(prompt="Hi", settings=SLOW)
            await client.of(run["id"], "started")
            await other.send("cancel", run=run["id"])
            for one in (client, other):
                assert (await one.of(run["id"], "finished"))["reason"] == "cancelled"
            assert await other.silent(0.3)

    play(story())


def test_the_end_of_a_running_run_answers_the_cancel(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client, ann.client() as other:
            run = await client.start(prompt="Hi", settings=SLOW)
            await client.of(run["id"], "started")
            await other.send("cancel", run=run["id"], ref="other's")
            answer = await client.ask("cancel", run=run["id"])
            assert (answer["type"], answer["reason"]) == ("finished", "cancelled")
            end = await other.of(run["id"], "finished")
            assert end == answer | {"ref": "other's"}

    play(story())


def test_each_of_two_cancels_is_answered(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            run = await client.start(prompt="Hi", settings=SLOW)
            await client.of(run["id"], "started")
            client.checks = False  # of which the second answer would be a frame after the end
            for ref in ("one", "two"):
                await client.send("cancel", run=run["id"], ref=ref)
            answers = [await client.until(lambda frame: frame["type"] == "finished") for _ in range(2)]
            assert [answer["ref"] for answer in answers] == ["one", "two"]

    play(story())


def test_the_end_of_a_run_that_has_ended_comes_behind_the_steps_that_are_still_to_come(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client, ann.client() as quick:
            client.acknowledges = False
            run = (await client.start(prompt="Hi", settings=settings(steps=400, delay=0)))["id"]
            await quick.send("subscribe", run=run)
            whole = await quick.read(run)
            await client.send("cancel", run=run, ref="now")
            assert (await client.ask("ping"))["type"] == "pong"
            client.acknowledges = True
            await client.send("ack", run=run, i=99)
            frames = await client.read(run)
        assert text_of(frames) == text_of(whole)
        assert (frames[-1]["reason"], frames[-1]["ref"]) == ("length", "now")

    play(story())


def test_several_sockets_of_one_owner_see_the_same(ann: Person) -> None:
    async def story() -> list[list[Frame]]:
        async with ann.client() as one, ann.client() as two, ann.client() as three:
            run = (await one.start(prompt="Hi", settings=settings(steps=40, delay=0.02)))["id"]
            await two.send("subscribe", run=run)
            await one.of(run, "started")
            await three.send("subscribe", run=run, after=-1)
            return list(await asyncio.gather(*(client.read(run) for client in (one, two, three))))

    found = play(story())
    assert [text_of(frames) for frames in found] == [expected(7, 0, 40)] * 3


def test_a_run_goes_on_without_its_socket(ann: Person) -> None:
    async def story() -> list[Frame]:
        async with ann.client() as client:
            run = (await client.start(prompt="Hi", settings=settings(steps=30, delay=0.02)))["id"]
            await client.of(run, "steps")
        async with ann.client() as client:
            await client.send("subscribe", run=run)
            return await client.read(run)

    assert text_of(play(story())) == expected(7, 0, 30)


@pytest.mark.parametrize("after", [-1, 0, 7, 18, 19])
def test_a_finished_run_is_read_from_any_cursor(ann: Person, after: int) -> None:
    async def story() -> list[Frame]:
        async with ann.client() as client:
            run = (await client.start(prompt="Hi", settings=settings()))["id"]
            await client.read(run)
            await client.send("subscribe", run=run, after=after)
            return await client.read(run)

    frames = play(story())
    assert [step["i"] for step in steps_of(frames)] == list(range(after + 1, 20))
    assert frames[-1]["type"] == "finished"


@pytest.mark.parametrize("after", [20, 2**40, 2**63 - 1])
def test_a_cursor_that_the_run_does_not_have_closes_with_4400(ann: Person, after: int) -> None:
    async def story() -> None:
        async with ann.client() as client:
            run = (await client.start(prompt="Hi", settings=settings()))["id"]
            await client.read(run)
            answer = await client.ask("subscribe", run=run, after=after)
            assert (answer["code"], answer["field"]) == ("invalid", "after")
            assert await client.closed() == 4400

    play(story())


def test_subscribing_again_replaces_what_was_there(ann: Person) -> None:
    async def story() -> list[Frame]:
        async with ann.client() as client:
            run = (await client.start(prompt="Hi", settings=settings(steps=60, delay=0.02)))["id"]
            for after in (3, -1):
                while (await client.of(run, "steps"))["steps"][-1]["i"] < 6:
                    pass  # a cursor that the run doesn't have yet is a bad one
                await client.send("subscribe", run=run, after=after)
                frame = await client.of(run, "steps")
                while frame["steps"][0]["i"] != after + 1:  # of the subscription before, on its way still
                    frame = await client.of(run, "steps")
            return [frame, *await client.read(run)]

    frames = play(story())
    steps = [step["i"] for frame in frames if frame["type"] == "steps" for step in frame["steps"]]
    assert steps == list(range(60))
    assert text_of(frames) == expected(7, 0, 60)


def test_unsubscribe_ends_the_frames_and_not_the_run(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            run = (await client.start(prompt="Hi", settings=settings(steps=60, delay=0.02)))["id"]
            await client.of(run, "steps")
            await client.send("unsubscribe", run=run)
            assert (await client.ask("ping"))["type"] == "pong"
            client.forget(run)
            assert await client.silent(0.5)
            await client.send("unsubscribe", run=run)
            await client.send("subscribe", run=run)
            assert text_of(await client.read(run)) == expected(7, 0, 60)

    play(story())


def test_an_ack_of_what_was_never_sent_is_invalid(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client, ann.client() as other:
            run = (await client.start(prompt="Hi", settings=settings()))["id"]
            await client.read(run)
            answer = await client.ask("ack", run=run, i=20)
            assert (answer["code"], answer["field"]) == ("invalid", "i")
            answer = await other.ask("ack", run=run, i=0)
            assert (answer["code"], answer["field"]) == ("invalid", "run")
            await client.send("ack", run=run, i=19)
            await client.send("ack", run=run, i=-1)
            assert (await client.ask("ping"))["type"] == "pong"

    play(story())


def test_deleted_steps_are_gone(ann: Person) -> None:
    async def make() -> str:
        async with ann.client() as client:
            run: str = (await client.start(prompt="Hi", settings=settings()))["id"]
            await client.read(run)
            return run

    async def look(run: str) -> None:
        async with ann.client() as client:
            assert (await client.ask("subscribe", run=run, after=3))["type"] == "gone"
            assert (await client.ask("branch", run=run, at=1))["code"] == "not_found"

    run = play(make())
    Run.objects.filter(id=run).update(gone=timezone.now())
    play(look(run))
