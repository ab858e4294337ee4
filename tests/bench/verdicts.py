"""How fast the audit answers with many verdicts: `python -m tests.bench.verdicts [HOW MANY]`.

On a PostgreSQL database of its own, gone afterwards. With SAFELENS_DATA set and no server, `fill` is what
makes a site to look at.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import TYPE_CHECKING
from unittest.mock import patch

from django.test import Client

from guard.audit.tape import Fate, Seen

if TYPE_CHECKING:
    from guard.audit.verdicts import Judged

MANY = 100_000
AT_ONCE = 500
DAYS = 60
LIMIT = 0.3  # seconds
TRIES = 5
WORDS = [
    "the",
    "quiet",
    "old",
    "green",
    "boat",
    "lamp",
    "river",
    "stone",
    "letter",
    "window",
    "garden",
    "signal",
]
NOW = datetime.now(UTC)


def day(ago: int) -> str:
    return f"{NOW - timedelta(days=ago):%Y-%m-%d}"


QUERIES = {
    "everything": "",
    "a user": "user=person-7",
    "a guard": "guard=toxicity",
    "a guard that is rare": "guard=self-harm",
    "a policy": "policy=Strict",
    "a policy's version": "policy=Strict&version=2",
    "an action": "action=nudge",
    "an action that is rare": "action=error",
    "every alarm": "action=alarms",
    "a range of scores": "lowest=0.4&highest=0.6",
    "a narrow range of scores": "lowest=0.995&highest=0.9951",
    "some days": f"since={day(50)}&until={day(48)}",
    "a user on some days": f"user=person-7&since={day(50)}&until={day(40)}",
    "a common word": "text=river",
    "a word said once": "text=xylophone",
    "a word nobody said": "text=zeppelin",
    "a common word of a user": "text=river&user=person-7",
    "all at once": "user=person-7&guard=toxicity&policy=Strict&action=alarms&lowest=0.1&text=river",
}
PAGES = {"rates of 30 days": "/audit/rates/", "rates of a year": "/audit/rates/?days=365"}


def fill(many: int, seed: int = 1) -> None:
    """Runs of 200 people over 60 days: one in fifteen is alarmed, one in a thousand has a guard error."""
    from django.contrib.auth import get_user_model

    from guard.audit import chain, verdicts

    chance = random.Random(seed)
    users = get_user_model()
    users.objects.bulk_create(users(username=f"person-{n}") for n in range(200))
    owners = list(users.objects.filter(username__startswith="person-").values_list("pk", flat=True))
    portion = max(1, min(AT_ONCE, many // 200))
    for first in range(0, many, portion):
        at = NOW - timedelta(days=DAYS) * (1 - first / many)
        some = [_judged(number, chance, owners, many) for number in range(first, min(first + portion, many))]
        with patch.object(chain, "_now", return_value=at):
            verdicts.record(some)


def _judged(number: int, chance: random.Random, owners: list[int], many: int) -> Judged:
    from guard.audit.verdicts import Judged

    guard = chance.choices(("violence", "toxicity", "self-harm"), (70, 29, 1))[0]
    policy, version = chance.choices((("Default", 1), ("Default", 2), ("Strict", 1), ("Strict", 2)))[0]
    kind = chance.random()
    action = "error" if kind < 0.001 else chance.choice(("nudge", "flag", "block")) if kind < 0.07 else "pass"
    words = [f" {chance.choice(WORDS)}" for _ in range(chance.randint(20, 80))]
    if number == many // 3:
        words[3] = " xylophone"
    scores = [chance.betavariate(1, 12) if action == "pass" else chance.betavariate(3, 3) for _ in words]
    tokens = [Seen(word, Fate.RELEASED, {guard: score}) for word, score in zip(words, scores, strict=True)]
    return Judged(
        key=f"bench:{number}",
        run=f"run-{number:010d}",
        study=f"study-{number // 5:08d}",
        owner=chance.choice(owners),
        policy=policy,
        version=version,
        guard=guard,
        rule="ema",
        action=action,
        score=None if action == "error" else max(scores),
        threshold=0.9,
        step=len(words),
        final=True,
        shadow=policy == "Strict" and version == 2,
        alarms=int(action not in ("pass", "error")),
        took=chance.random() / 1000,
        released=len(words),
        detail="The probe gave no number." if action == "error" else "",
        artifacts={guard: f"{7:064x}"},
        model="bench",
        fingerprint="f" * 16,
        settings={"k": 30, "temperature": 1.0, "seed": number},
        tokens=tokens,
    )


def measure(many: int) -> bool:
    """Prints a table; whether every filter kept to the limit."""
    from django.core.management import call_command
    from django.db import connection

    from frontend.accounts.creation import create
    from guard.audit.verification import verify

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    fill(many)
    print(f"{many:,} verdicts made in {time.perf_counter() - began:.0f} s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(
        create("staff", "a lighthouse at noon", staff=True),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    kept = True
    for name, query in QUERIES.items():
        seconds = _median(partial(ask, client, f"/audit/?{query}"))
        kept &= seconds <= LIMIT
        print(f"{name:32} {seconds * 1000:8.1f} ms{'' if seconds <= LIMIT else '  MISSED'}", flush=True)
    for name, path in PAGES.items():
        print(f"{name:32} {_median(partial(ask, client, path)) * 1000:8.1f} ms")
    began = time.perf_counter()
    report = verify()
    print(f"verify_audit: {report.entries:,} entries in {time.perf_counter() - began:.1f} s {report.problem}")
    return kept and not report.problem


def ask(client: Client, path: str) -> None:
    assert client.get(path, headers={"host": "localhost"}).status_code == 200


def _median(ask: Callable[[], object]) -> float:
    ask()
    taken = []
    for _ in range(TRIES):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return median(taken)


def main() -> None:
    import django

    from tests import servers

    with servers.postgresql() as database:
        os.environ |= {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        django.setup()
        from django.db import connections

        kept = measure(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
        connections.close_all()
    sys.exit(not kept)


if __name__ == "__main__":
    main()
