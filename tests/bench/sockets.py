"""Measures one form's sockets, and prints a row of JSON for each figure: `python -m tests.bench.sockets`.

The site's processes, the clients and the servers share the machine's cores with each other, so a figure here
is what a visitor of a small machine sees.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import django
import torch

from tests.bench.rows import Row

django.setup()

from channels.db import database_sync_to_async  # noqa: E402
from django.core.management import call_command  # noqa: E402

from frontend.accounts.creation import create  # noqa: E402
from generation.access import tokens  # noqa: E402
from generation.models import Run  # noqa: E402
from generation.protocol import Steps  # noqa: E402
from generation.replay import history  # noqa: E402
from generation.tree import tree  # noqa: E402
from tests.bench import counting  # noqa: E402
from tests.bench.serving import Bench  # noqa: E402
from tests.bench.shapes import MIDDLE, SMALL  # noqa: E402
from tests.client import Client  # noqa: E402
from tests.generation.long_study import STEPS, TURNS, long_study  # noqa: E402
from tests.live import Live, live  # noqa: E402
from tests.people import PASSWORD  # noqa: E402

K, ANSWER, REPEATS = 30, 200, 3
IDLE, STREAMING = 1000, 100
LIMITS: dict[str, Any] = {"SAFELENS_USER_SOCKETS": "5000", "SAFELENS_USER_IN_FLIGHT": "500"}


class Read(NamedTuple):
    """One run at one socket; moments are monotonic."""

    asked: float
    arrivals: list[tuple[int, float]]  # of each step: what the engine's clock said, and when it came
    run: str


async def read(client: Client, **settings: Any) -> Read:
    client.checks = False
    asked = time.monotonic()
    run = (await client.start(prompt="How are you?", settings={"k": K, "seed": 1, **settings}))["id"]
    frames = await client.read(run)
    assert frames[-1]["reason"] == "length", frames[-1]
    framed = [frame["steps"] for frame in frames if frame["type"] == "steps"]
    arrivals = [
        (step["t"], came)
        for steps, came in zip(framed, client.arrivals.pop(run), strict=True)
        for step in steps
    ]
    return Read(asked, arrivals, run)


async def at_once(site: Live, token: str, users: int, **settings: Any) -> list[Read]:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(site.client(token)) for _ in range(users)]
        return await asyncio.gather(*(read(one, **{"seed": n} | settings) for n, one in enumerate(clients)))


def rate(reads: list[Read]) -> float:
    """Steps a second from the first question to the last step."""
    seconds = max(one.arrivals[-1][1] for one in reads) - min(one.asked for one in reads)
    return sum(len(one.arrivals) for one in reads) / seconds


def cpu(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- with a real engine


def engine_alone(bench: Bench, users: int, answer: int) -> tuple[float, float]:
    """Steps a second, and the seconds to the first step."""
    torch.set_num_threads(bench.threads)
    engine = bench.engine()
    began = time.monotonic()
    for seed in range(users):
        bench.submit(engine, bench.text(8), max_new=answer, k=K, seed=seed)
    first, steps = 0.0, 0
    while engine.pause is not None:
        steps += sum(step.end is None for step in engine.steps())
        first = first or time.monotonic() - began
    return steps / (time.monotonic() - began), first


def real_engine(form: str, folder: Path, token: str) -> Iterator[Row]:
    """With the smallest model, whose passes cost hardly more than what stands around them, and with one of
    the size that people begin with."""
    yield from of_model(form, folder, token, Bench(SMALL, 1), ANSWER)
    yield from of_model(form, folder, token, Bench(MIDDLE, os.cpu_count() or 1), ANSWER // 4)


def of_model(form: str, folder: Path, token: str, bench: Bench, answer: int) -> Iterator[Row]:
    name = bench.shape.name
    model, place = folder / f"model {name}", folder / f"real {name}"
    bench.model.save_pretrained(model)
    bench.tokenizer.save_pretrained(model)
    place.mkdir()
    with live(place, scripted=False, SAFELENS_MODEL=str(model), **LIMITS) as site:
        asyncio.run(at_once(site, token, 2, max_new_tokens=20))
        for users in (1, 16):
            quotients, delays = [], []
            for _ in range(REPEATS):
                alone, first = engine_alone(bench, users, answer)
                settings = {"k": K, "max_new_tokens": answer}
                counted = asyncio.run(counting.count_at_once(site, token, users, **settings))
                quotients.append(counting.rate(counted) / alone)
                delays.append(min(one.first - one.asked for one in counted) - first)
            who = f"{form}, {name}, {'1 user' if users == 1 else f'{users} users'}"
            yield Row(f"{who}: steps a second at the socket / engine alone", median(quotients), 0.95, True)
            if users == 1:
                delay = median(delays) * 1000
                yield Row(f"{who}: first step at the socket, over the engine's own", delay, 100, unit=" ms")


# -- with an engine that costs nothing


def scripted_engine(form: str, folder: Path, token: str) -> Iterator[Row]:
    (folder / "scripted").mkdir()
    with live(folder / "scripted", **LIMITS) as site:
        asyncio.run(at_once(site, token, 2, max_new_tokens=20))
        if site.engines:
            yield asyncio.run(cost_of_a_step(form, site, token))
        yield asyncio.run(slow_reader(form, site, token))
        yield from asyncio.run(a_full_house(form, site, token))


async def cost_of_a_step(form: str, site: Live, token: str) -> Row:
    pid = site.webs[0].process.pid
    before = cpu(pid)
    reads = await at_once(site, token, 20, max_new_tokens=1000, delay=0.01, seed=1)
    steps = sum(len(one.arrivals) for one in reads)
    figure = (cpu(pid) - before) / steps * 1e6
    note = f"{rate(reads):.0f} steps/s"
    return Row(
        f"{form}: web's processor time a step, 2,000 steps/s to 20 sockets",
        figure,
        100,
        unit=" µs",
        note=note,
    )


async def slow_reader(form: str, site: Live, token: str) -> Row:
    """Four read as fast as they can, alone and beside one that acknowledges nothing."""
    quotients = []
    for _ in range(REPEATS):
        alone = rate(await at_once(site, token, 4, max_new_tokens=2000))
        async with site.client(token) as slow:
            slow.acknowledges = False
            await slow.start(prompt="Hi", settings={"k": K, "max_new_tokens": 2000})
            quotients.append(rate(await at_once(site, token, 4, max_new_tokens=2000)) / alone)
    return Row(f"{form}: 4 readers' steps a second beside a slow one / without", median(quotients), 0.8, True)


async def a_full_house(form: str, site: Live, token: str) -> list[Row]:
    web = site.webs[0]
    before = web.memory()
    async with AsyncExitStack() as stack:
        for _ in range(IDLE):
            await stack.enter_async_context(site.client(token))
        memory = (web.memory() - before) / IDLE / 1024
        reads = await at_once(site, token, STREAMING, max_new_tokens=200, delay=0.05, seed=1)
    rows = Run.objects.filter(id__in=[one.run for one in reads]).values_list("id", "started")
    started = dict(await database_sync_to_async(list)(rows))
    offset = time.time() - time.monotonic()
    delays = sorted(
        came + offset - started[one.run].timestamp() - made / 1000
        for one in reads
        for made, came in one.arrivals
    )
    what = f"{form}, {IDLE:,} idle sockets and {STREAMING} with 20 steps/s"
    p99 = delays[int(len(delays) * 0.99)] * 1000
    note = f"median {median(delays) * 1000:.0f} ms"
    return [
        Row(f"{what}: p99 delay of a step", p99, 150, unit=" ms", note=note),
        Row(f"{what}: steps lost", STREAMING * 200 - len(delays), 0),
        Row(f"{form}: memory of an idle socket", memory, 100, unit=" KiB"),
    ]


# -- what is saved


def opening_a_long_study(form: str) -> Iterator[Row]:
    study = long_study()
    tree(study.id)
    began = time.monotonic()
    opened = tree(study.id)
    yield Row(
        f"{form}: a study of 200 turns and 100,000 steps opens in",
        (time.monotonic() - began) * 1000,
        200,
        unit=" ms",
    )
    began = time.monotonic()
    count = sum(
        len(message.steps)
        for run in opened.runs
        for message in history(run["id"])
        if isinstance(message, Steps)
    )
    assert count == TURNS * STEPS
    yield Row(
        f"{form}: all its steps, with 30 alternatives each, are read in",
        time.monotonic() - began,
        10,
        unit=" s",
    )


def main(form: str, folder: Path) -> None:
    call_command("migrate", verbosity=0)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    token = tokens.make(create("bench", PASSWORD), "bench")[1]
    for part in (
        real_engine(form, folder, token),
        scripted_engine(form, folder, token),
        opening_a_long_study(form),
    ):
        for row in part:
            print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
