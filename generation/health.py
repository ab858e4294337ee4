"""What must answer before this process can serve: each part registers its check, `/readyz` asks them all."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection

from generation import engines
from generation.bus import the_bus
from guard import standing

SECONDS: Final = 3.0
"""How long a check may take before its part counts as not answering."""

Check = Callable[[], Coroutine[Any, Any, bool]]

_checks: dict[str, Check] = {}
_asked: dict[Check, asyncio.Future[bool]] = {}


def register(name: str, check: Check) -> None:
    """`check` answers whether the part works; an exception counts as no. The last one of a name holds."""
    _checks[name] = check


async def states() -> dict[str, bool]:
    """Each part's name and whether it answers, all asked at once, within `SECONDS`.

    A part is asked once at a time, for everybody: one that hangs costs one thread, however many ask.
    """
    answers = await asyncio.gather(*(_ask(check) for check in _checks.values()))
    return dict(zip(_checks, answers, strict=True))


async def _ask(check: Check) -> bool:
    asked = _asked.get(check)
    if asked is None or asked.done():
        asked = _asked[check] = asyncio.ensure_future(check())
    # Not cancelled when it is late: who waits for a thread would have to wait for its end.
    await asyncio.wait({asked}, timeout=SECONDS)
    # Whatever went wrong, the part doesn't answer; the reason stands in that part's own log.
    return asked.done() and not asked.cancelled() and asked.exception() is None and asked.result()


async def _database_answers() -> bool:
    # In a thread of its own: the request's would be waited for.
    return await asyncio.to_thread(_ask_database)


def _ask_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    finally:
        connection.close()


async def _bus_answers() -> bool:
    # In a thread of its own: a bus that hangs must not hold up everybody's database calls.
    await asyncio.to_thread(the_bus().engines)
    return True


async def _engine_answers() -> bool:
    return await asyncio.to_thread(engines.can_answer)


async def _guards_answer() -> bool:
    """Whether every guard that must judge can: the runs of one that can't all end as failed. Which one it is
    stands in the admin, beside its artifact."""
    return await asyncio.to_thread(_no_guard_is_missing)


def _no_guard_is_missing() -> bool:
    try:
        return not standing.unanswered(engines.name_of(settings.SAFELENS_MODEL))
    except DatabaseError:
        return True  # that part's own check says so
    finally:
        connection.close()


register("database", _database_answers)
register("bus", _bus_answers)
register("engine", _engine_answers)
register("guards", _guards_answer)
