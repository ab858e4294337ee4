"""Steps counted at a socket by a client that costs little: it shares the cores with what it measures."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from tests.client import Client
from tests.live import Live

STEP = b'"origin":'  # in each step once; within a text its quotes are escaped
ACKNOWLEDGED = 64  # steps between two acknowledgements


class Counted(NamedTuple):
    """One run at one socket; moments are monotonic."""

    asked: float
    first: float
    last: float
    steps: int


async def count(client: Client, **settings: Any) -> Counted:
    """Frames of steps are counted as they come, and not read; all others are."""
    asked = time.monotonic()
    run = (await client.start(prompt="How are you?", settings=settings))["id"]
    first, last, steps, acknowledged = 0.0, 0.0, 0, 0
    while True:
        frame = await client.raw()
        if not frame.startswith(b'{"type":"steps"'):
            end = json.loads(frame)
            if end["type"] == "finished":
                break
            continue
        last = time.monotonic()
        first = first or last
        steps += frame.count(STEP)
        if steps - acknowledged >= ACKNOWLEDGED:
            acknowledged = steps
            await client.send("ack", run=run, i=steps - 1)
    assert (end["reason"], end["steps"]) == ("length", steps), end
    return Counted(asked, first, last, steps)


async def count_at_once(site: Live, token: str, users: int, **settings: Any) -> list[Counted]:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(site.client(token)) for _ in range(users)]
        return await asyncio.gather(
            *(count(client, **{"seed": seed} | settings) for seed, client in enumerate(clients))
        )


def rate(runs: list[Counted]) -> float:
    """Steps a second from the first question to the last step."""
    seconds = max(one.last for one in runs) - min(one.asked for one in runs)
    return sum(one.steps for one in runs) / seconds
