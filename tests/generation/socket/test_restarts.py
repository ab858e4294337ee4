"""The end of a web process, and what its clients see of it: a code, and then nothing lost."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.client import Client, follow, steps_of, text_of
from tests.contract import Frame
from tests.generation import saved
from tests.generation.socket.conftest import Person, play
from tests.live import Live, live
from tests.site.processes import SECONDS_TO_END, complaints


@pytest.fixture
def site(tmp_path: Path, transactional_db: None) -> Iterator[Live]:
    """One of its own, to be ended."""
    with live(tmp_path) as running:
        yield running


def port_of(site: Live) -> str:
    return site.url.rpartition(":")[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_end_tells_every_socket_with_4410(ann: Person, number: int) -> None:
    web = ann.site.webs[0]

    async def story() -> list[int | None]:
        async with AsyncExitStack() as entered:
            sockets = [await entered.enter_async_context(ann.client()) for _ in range(5)]
            for one in sockets[:3]:
                await one.start(prompt="Hi", settings={"max_new_tokens": 4000, "delay": 0.02})
            web.process.send_signal(number)
            return list(await asyncio.gather(*(one.closed() for one in sockets)))

    before = complaints(web.said())
    assert play(story()) == [4410] * 5
    assert web.process.wait(SECONDS_TO_END) == 0
    assert complaints(web.said()) == before


def test_a_run_goes_on_through_a_restart_and_a_client_gets_every_step_once(ann: Person) -> None:
    site = ann.site

    async def story() -> list[Frame]:
        async with ann.client() as client:
            settings = {"seed": 5, "k": 5, "max_new_tokens": 300, "delay": 0.02}
            run = (await client.start(prompt="Hi", settings=settings))["id"]
        address = site.address()
        following = asyncio.create_task(follow(lambda: Client(address, token=ann.token), run))
        for end in (signal.SIGTERM, signal.SIGKILL):
            await asyncio.wait({following}, timeout=1)
            port = port_of(site)
            await asyncio.to_thread(site.webs[-1].end, end)
            await asyncio.to_thread(site.start_web, PORT=port)
        return await following

    frames = play(story())
    assert [step["i"] for step in steps_of(frames)] == list(range(300))
    assert text_of(frames) == saved.text_of(5, 0, 300)
    assert frames[-1]["type"] == "finished"


def test_two_web_processes_show_the_same_run(ann: Person) -> None:
    """In the embedded form there is one process; there a second socket stands for the other."""
    site = ann.site
    web = 1 if site.engines else 0
    if web:
        site.start_web()

    async def story() -> None:
        async with ann.client() as here, ann.client(web=web) as there:
            settings = {"seed": 5, "k": 5, "max_new_tokens": 60, "delay": 0.02}
            run = (await here.start(prompt="Hi", settings=settings))["id"]
            await there.send("subscribe", run=run)
            both = await asyncio.gather(here.read(run), there.read(run))
            assert [text_of(frames) for frames in both] == [saved.text_of(5, 0, 60)] * 2
            slow = await here.start(prompt="Hi", settings={"delay": 2})
            await there.send("cancel", run=slow["id"])
            for one in (here, there):
                assert (await one.of(slow["id"], "finished"))["reason"] == "cancelled"

    play(story())
