"""What must answer before this process can serve: each part registers its check, `/readyz` asks them all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from asgiref.sync import sync_to_async
from django.db import connection

from generation import engines
from generation.bus import the_bus

SECONDS: Final = 3.0
"""How long a check may take before its part counts as not answering."""

Check = Callable[[], Awaitable[bool]]

_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """`check` answers whether the part works; an exception counts as no. The last one of a name holds."""
    _checks[name] = check


async def states() -> dict[str, bool]:
    """Each part's name and whether it answers, all asked at once, within `SECONDS`."""
    answers = await asyncio.gather(*(_ask(check) for check in _checks.values()))
    return dict(zip(_checks, answers, strict=True))


async def _ask(check: Check) -> bool:
    try:
        return await asyncio.wait_for(check(), SECONDS)
    except Exception:
        # Whatever went wrong, the part doesn't answer; the reason stands in that part's own log.
        return False


@sync_to_async
def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


async def _bus_answers() -> bool:
    # In a thread of its own: a bus that hangs must not hold up everybody's database calls.
    await asyncio.to_thread(the_bus().engines)
    return True


async def _engine_answers() -> bool:
    return await asyncio.to_thread(engines.can_answer)


register("database", _database_answers)
register("bus", _bus_answers)
register("engine", _engine_answers)
