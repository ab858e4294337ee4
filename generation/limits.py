"""How much one user may have going on, start in an hour, and keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from generation.protocol import Code

HOUR = timedelta(hours=1)

# As plain SQL: it is asked before each run, and as a query of Django's it took a third of its beginning.
_USED = """
SELECT COUNT(*) FILTER (WHERE run.status <> 'finished'),
    COUNT(*) FILTER (WHERE run.created > %s),
    MIN(run.created) FILTER (WHERE run.created > %s),
    SUM(run.steps - run.at) FILTER (
        WHERE run.status = 'finished' AND run.gone IS NULL AND run.deleted IS NULL AND study.deleted IS NULL
    )
FROM generation_run run JOIN generation_study study ON study.id = run.study_id
WHERE run.owner_id = %s
"""


class Refused(Exception):
    """A person's wish that can't be done; the message is one plain sentence for them."""

    def __init__(self, code: Code, message: str, field: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Bounds:
    in_flight: int
    runs_per_hour: int
    stored_steps: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a user has, of each limit. `resets`: seconds until an hour's first run no longer counts."""

    bounds: Bounds
    in_flight: int
    this_hour: int
    resets: int
    stored_steps: int

    def as_dict(self) -> dict[str, Any]:
        """As `hello` says it."""
        return {
            "in_flight": _left(self.bounds.in_flight, self.in_flight),
            "runs_per_hour": {
                **_left(self.bounds.runs_per_hour, self.this_hour),
                "resets": (timezone.now() + timedelta(seconds=self.resets)).isoformat(),
            },
            "stored_steps": _left(self.bounds.stored_steps, self.stored_steps),
        }


def bounds(owner: int) -> Bounds:
    """A guest's are narrower, and never wider than anybody's."""
    everybody = Bounds(
        settings.SAFELENS_USER_IN_FLIGHT,
        settings.SAFELENS_USER_RUNS_PER_HOUR,
        settings.SAFELENS_USER_STORED_STEPS,
    )
    if not get_user_model().objects.filter(pk=owner, guest_since__isnull=False).exists():
        return everybody
    return Bounds(
        min(everybody.in_flight, settings.SAFELENS_GUEST_IN_FLIGHT),
        min(everybody.runs_per_hour, settings.SAFELENS_GUEST_RUNS_PER_HOUR),
        min(everybody.stored_steps, settings.SAFELENS_GUEST_STORED_STEPS),
    )


def usage(owner: int) -> Usage:
    """In two queries: every socket asks it when it opens."""
    now = timezone.now()
    since = connection.ops.adapt_datetimefield_value(now - HOUR)
    with connection.cursor() as cursor:
        cursor.execute(_USED, [since, since, owner])
        in_flight, this_hour, oldest, stored = cursor.fetchone()
    if isinstance(oldest, str):  # SQLite has no moments
        oldest = datetime.fromisoformat(oldest).replace(tzinfo=UTC)
    return Usage(
        bounds(owner),
        in_flight=in_flight,
        this_hour=this_hour,
        resets=max(0, math.ceil(((oldest or now) + HOUR - now).total_seconds())),
        stored_steps=stored or 0,
    )


def check(owner: int) -> None:
    """Raises Refused where one more run would be too many. Ask it with the user's row locked."""
    used = usage(owner)
    if used.in_flight >= used.bounds.in_flight:
        raise Refused(Code.BUSY, f"You have {used.in_flight} runs going on; wait until one has ended.")
    if used.this_hour >= used.bounds.runs_per_hour:
        minutes = math.ceil(used.resets / 60)
        sentence = f"You have started {used.this_hour} runs in an hour; more in {minutes} min."
        raise Refused(Code.RATE_LIMITED, sentence, retry_after=float(used.resets))
    if used.stored_steps >= used.bounds.stored_steps:
        sentence = "Your studies have used up their space; delete some that you don't need."
        raise Refused(Code.RATE_LIMITED, sentence)


def _left(limit: int, used: int) -> dict[str, int]:
    return {"limit": limit, "remaining": max(0, limit - used)}
