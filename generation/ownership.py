"""Giving all that one account made to another."""

from __future__ import annotations

from django.db import transaction

from generation.models import Run, Study
from generation.sharing.models import Share


def move(old: int, new: int) -> None:
    """What runs goes on, and counts among the new owner's from now on.

    The old account's row must be locked: nothing new begins there meanwhile (`generation.begin`).
    """
    with transaction.atomic():
        Study.objects.filter(owner=old).update(owner=new)
        Run.objects.filter(owner=old).update(owner=new)
        Share.objects.filter(owner=old).update(owner=new)
