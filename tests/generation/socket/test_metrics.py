"""What /metrics says of sockets: it moves with what happens, and names nobody."""

import asyncio
import re

from tests.generation.socket.conftest import Person, play
from tests.generation.socket.pages import Pages

NAMES = {
    "safelens_sockets_open",
    "safelens_socket_frames_total",
    "safelens_socket_steps_total",
    "safelens_socket_slow_closes_total",
    "safelens_socket_reconnects_total",
    "safelens_first_step_seconds_count",
    "safelens_step_interval_seconds_count",
}


def series(person: Person) -> dict[str, float]:
    page = Pages(person.site.url).get("/metrics")
    assert person.user.username not in page
    return {name: float(value) for name, value in re.findall(r"^(\S+) (\S+)$", page, re.MULTILINE)}


def test_each_series_counts_what_it_says(ann: Person) -> None:
    async def story() -> dict[str, float]:
        before = await asyncio.to_thread(series, ann)
        assert before.keys() >= NAMES
        async with ann.client() as client, ann.client():
            run = await client.start(prompt="Hi", settings={"k": 5, "max_new_tokens": 30, "delay": 0.01})
            frames = await client.read(run["id"])
            assert [frame for frame in frames if frame["type"] == "steps"]
            await client.send("subscribe", run=run["id"], after=9)
            await client.read(run["id"])
            during = await asyncio.to_thread(series, ann)
            assert run["id"] not in "".join(during)
        return {name: during[name] - before[name] for name in NAMES}

    moved = play(story())
    assert moved["safelens_sockets_open"] == 2
    assert moved["safelens_socket_steps_total"] == 50
    assert moved["safelens_socket_reconnects_total"] == 1
    assert moved["safelens_socket_slow_closes_total"] == 0
    assert moved["safelens_socket_frames_total"] >= 8
    assert moved["safelens_first_step_seconds_count"] == 1
    assert moved["safelens_step_interval_seconds_count"] >= 1


def test_a_closed_socket_is_counted_by_its_code_and_is_open_no_more(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            await client.send_raw("no JSON")
            assert await client.closed() == 4400

    code = 'safelens_socket_closes_total{code="4400"}'
    before = series(ann)
    play(story())
    after = series(ann)
    assert after[code] == before.get(code, 0) + 1
    assert after["safelens_sockets_open"] == before["safelens_sockets_open"]
