"""What may go wrong on a site, one thing after another, each at a random step of what people read."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial

from channels.db import database_sync_to_async

from generation import lineage, runs
from generation.bus import PREFIX
from generation.models import Run
from tests.contracts.buses import wipe
from tests.generation.chaos.audience import Counter, Person
from tests.generation.chaos.nursery import Child
from tests.generation.chaos.site import LEASE, Site

LOOK = 0.05  # seconds
KILLS = ("kill web", "kill engine", "end web", "end engine")


class Disturbances:
    def __init__(self, site: Site, people: list[Person], seen: Counter, seed: int) -> None:
        self.happened: Tally[str] = Tally()
        self.took: dict[str, float] = defaultdict(float)  # seconds
        self._site, self._people, self._seen = site, people, seen
        self._random = random.Random(seed)
        self._all: dict[str, Callable[[], Awaitable[None]]] = {
            "kill web": lambda: self._end(site.webs, signal.SIGKILL),
            "end web": lambda: self._end(site.webs, signal.SIGTERM),
            "kill engine": lambda: self._end(site.engines, signal.SIGKILL),
            "end engine": lambda: self._end(site.engines, signal.SIGTERM),
            "freeze engine": self._freeze,
            "no engine": self._no_engine,
            "cut sockets": self._cut_sockets,
            "redis away": self._redis_away,
            "redis wiped": self._redis_wiped,
            "database away": self._database_away,
        }

    async def happen(self, counts: dict[str, int]) -> None:
        """Each so often, in random order."""
        names = [name for name, count in counts.items() for _ in range(count)]
        self._random.shuffle(names)
        for name in names:
            began = time.monotonic()
            await self._seen.more(self._random.randint(1, 30))
            self.took["steps"] += time.monotonic() - began
            began = time.monotonic()
            await self._all[name]()
            self.took[name] += time.monotonic() - began
            self.happened[name] += 1
        self.happened["steps"] += 1

    async def _end(self, processes: list[Child], number: int) -> None:
        if processes is self._site.engines or not self._site.production:
            await self._nobody_is_at_the_last_try()
        at = self._random.randrange(len(processes))
        await asyncio.to_thread(self._site.replace, processes, at, number)

    async def _freeze(self) -> None:
        """Past its lease: others take its runs, and it wakes up with steps in hand that are theirs."""
        await self._nobody_is_at_the_last_try()
        engine = self._random.choice(self._site.engines)
        engine.signal(signal.SIGSTOP)
        await asyncio.sleep(LEASE * 1.5)
        engine.signal(signal.SIGCONT)

    async def _no_engine(self) -> None:
        await self._nobody_is_at_the_last_try()
        engines = self._site.engines
        for at in range(len(engines)):
            await asyncio.to_thread(self._site.end, engines, at, signal.SIGKILL)
        await self._until_missing(["engine"])
        for at in range(len(engines)):
            await asyncio.to_thread(self._site.start, engines, at)

    async def _cut_sockets(self) -> None:
        for person in self._random.sample(self._people, len(self._people) // 2):
            if person.client is not None:
                person.client.cut()

    async def _redis_away(self) -> None:
        assert self._site.redis
        self._site.redis.cut()
        await self._until_missing(["bus", "engine"])
        self._site.redis.mend()

    async def _redis_wiped(self) -> None:
        await asyncio.to_thread(wipe, PREFIX)

    async def _database_away(self) -> None:
        assert self._site.database
        self._site.database.cut()
        await self._until_missing(["database"])
        self._site.database.mend()

    async def _until_missing(self, parts: list[str]) -> None:
        """Every web process says so; what hangs for another reason shows as the test's own timeout."""
        for web in range(len(self._site.webs)):
            await until(partial(self._site.missing, web), parts)

    async def _nobody_is_at_the_last_try(self) -> None:
        """A run whose third try comes to nothing ends as failed, as it should: that is another test's."""
        await until(_at_the_last_try, False)


async def until(question: Callable[[], object], answer: object) -> None:
    """Asks another process, or the database, until it says so."""
    while await database_sync_to_async(question)() != answer:  # noqa: ASYNC110 (nobody would wake us)
        await asyncio.sleep(LOOK)


def _at_the_last_try() -> bool:
    tried = Run.objects.exclude(status="finished").filter(tries__gte=runs.MOST_TRIES - 1)
    return any(lineage.recorded(run.id, run.at).steps <= run.resumed_from for run in tried)
