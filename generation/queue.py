"""Whose turn it is: fair by user, then by arrival.

A user's n-th run, those that run already counted, waits behind everybody's first n-1. So fifty runs of one
user don't hold up another's first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from generation.models import Run


class Waiting(NamedTuple):
    run: str
    owner: int
    fingerprint: str
    tries: int = 0
    epoch: int = 0  # how often it was claimed


def fair(waiting: Iterable[Waiting], running: Counter[int]) -> list[Waiting]:
    """`waiting` in the order of arrival; the answer in the order in which they are to be taken."""
    rounds = Counter(running)
    ranked = []
    for arrival, one in enumerate(waiting):
        ranked.append((rounds[one.owner], arrival, one))
        rounds[one.owner] += 1
    return [one for _, _, one in sorted(ranked)]


def order(model: str) -> list[Waiting]:
    """Every queued run of this model, the next first."""
    queued = Run.objects.filter(status=Run.Status.QUEUED, model=model).order_by("created", "id")
    rows = queued.values_list("id", "owner_id", "fingerprint", "tries", "epoch")
    return fair((Waiting(*row) for row in rows), running(model))


def running(model: str) -> Counter[int]:
    """How many runs of this model each user has going on."""
    runs = Run.objects.filter(status=Run.Status.RUNNING, model=model).order_by()
    return Counter(runs.values_list("owner_id", flat=True))


def positions(model: str) -> dict[str, int]:
    """The place of every queued run of this model: 1 is next."""
    return {one.run: place for place, one in enumerate(order(model), 1)}
