"""Measures what memory one form's processes take, and prints a row of JSON for each figure:
`python -m tests.bench.memory FORM FOLDER`. The bundled model serves, judged by its guard.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import django

from tests.bench.rows import Row

django.setup()

from django.core.management import call_command  # noqa: E402

from frontend.accounts.creation import create  # noqa: E402
from generation.access import tokens  # noqa: E402
from generation.models import Run  # noqa: E402
from tests.client import Client  # noqa: E402
from tests.live import Process, live  # noqa: E402
from tests.people import PASSWORD  # noqa: E402

USERS, ROUNDS = 16, 3
WEB, ENGINE = 250, 700  # MiB
UNIT = " MiB"


def mib(process: Process) -> float:
    return process.memory() / 2**20


def rows(form: str, folder: Path, token: str) -> Iterator[Row]:
    with live(folder, scripted=False, SAFELENS_USER_IN_FLIGHT=str(USERS)) as site:
        (web,) = site.webs
        if site.engines:
            (engine,) = site.engines
            yield Row(
                f"{form}: memory of an idle engine, with the bundled model", mib(engine), ENGINE, unit=UNIT
            )
        yield Row(f"{form}: memory of an idle web process", mib(web), WEB, unit=UNIT)
        for number in range(ROUNDS):
            asyncio.run(many(site.client(token), number))
        judged = all(Run.objects.values_list("policies", flat=True))
        if not judged:
            raise ValueError("No guard judged the answers.")
        after = f"after {USERS * ROUNDS} judged answers, {USERS} at once"
        if site.engines:
            yield Row(f"{form}: memory of the engine {after}", mib(engine), ENGINE, unit=UNIT)
            yield Row(f"{form}: memory of the web process {after}", mib(web), WEB, unit=UNIT)
        else:
            yield Row(f"{form}: memory of web and engine {after}", mib(web), WEB + ENGINE, unit=UNIT)


async def many(client: Client, seed: int) -> None:
    async with client:
        client.checks = False
        settings = {"max_new_tokens": 200, "seed": seed}
        runs = [
            await client.start(prompt=f"How do I cook rice for {n} people?", settings=settings)
            for n in range(USERS)
        ]
        for run in runs:
            await client.read(run["id"])


def main(form: str, folder: Path) -> None:
    call_command("migrate", verbosity=0)
    token = tokens.make(create("bench", PASSWORD), "bench")[1]
    for row in rows(form, folder, token):
        print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
