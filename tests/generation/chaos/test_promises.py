"""Fairness, and the same text for the same seed, through sockets and real processes with a real model."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async

from frontend.accounts.creation import create
from generation.access import tokens
from generation.models import Run
from tests.client import Client
from tests.generation.chaos.audience import Answer, Counter, Person
from tests.generation.chaos.disturbances import until
from tests.generation.chaos.site import Site, disturbed
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

QUEUED, PLACES = 50, 4


def token_of(name: str) -> str:
    return tokens.make(create(name, PASSWORD), "test")[1]


def message(seed: int, **more: Any) -> dict[str, Any]:
    settings = {"seed": seed, "k": 20, "max_new_tokens": 60, **more}
    return {"type": "generate", "prompt": "How often should I water it?", "settings": settings}


def test_fifty_queued_runs_of_one_user_do_not_hold_up_the_first_of_another(tmp_path: Path) -> None:
    ann, ben = token_of("ann"), token_of("ben")

    async def story(site: Site) -> tuple[int, int]:
        address = site.address(0)
        async with Client(address, token=ann) as many, Client(address, token=ben) as one:
            for seed in range(QUEUED):
                # Slow enough that few end while a busy machine takes in all of them.
                await many.start(**message(seed, delay=0.4))
            waiting = await database_sync_to_async(Run.objects.filter(status="queued").count)()
            first = await one.start(**message(1))
            await one.read(first["id"])
            unfinished = Run.objects.filter(owner__username="ann").exclude(status="finished")
            return waiting, await database_sync_to_async(unfinished.count)()

    with disturbed(tmp_path, PLACES) as site:
        waiting, unfinished = asyncio.run(story(site))
    assert waiting >= QUEUED - 4 * PLACES  # else nobody was held up by anything
    assert unfinished >= QUEUED // 2


def test_the_same_seed_gives_the_same_text_alone_among_16_resumed_and_taken_over(tmp_path: Path) -> None:
    token = token_of("ann")
    seen = Counter()

    async def ask(site: Site, seed: int, **more: Any) -> Answer:
        return await Person(token, lambda: site.address(0), seen, 0).ask(message(seed, **more))

    async def ask_and_lose(site: Site, seed: int, number: int) -> Answer:
        """The process that holds the model goes in the middle of the answer."""
        answer = asyncio.create_task(ask(site, seed, delay=0.05))
        await seen.more(8)
        await until(Run.objects.filter(status="running").exists, True)
        processes = site.engines or site.webs
        for at in range(len(processes)):
            await asyncio.to_thread(site.replace, processes, at, number)
        return await answer

    async def story(site: Site) -> dict[str, list[Answer]]:
        return {
            "alone": [await ask(site, seed) for seed in range(4)],
            "among 16": await asyncio.gather(*(ask(site, seed) for seed in range(16))),
            "resumed": [await ask_and_lose(site, seed, signal.SIGTERM) for seed in range(2)],
            "taken over": [await ask_and_lose(site, seed, signal.SIGKILL) for seed in range(2)],
        }

    with disturbed(tmp_path) as site:
        found = asyncio.run(story(site))
    for how, answers in found.items():
        for alone, answer in zip(found["alone"], answers, strict=False):
            assert [step["id"] for step in answer.steps] == [step["id"] for step in alone.steps], how
            assert answer.last["reason"] == alone.last["reason"], how
    lost = [answer.run["id"] for how in ("resumed", "taken over") for answer in found[how]]
    assert Run.objects.filter(id__in=lost, epoch__gt=1).count() == len(lost)
