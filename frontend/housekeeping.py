"""What is removed for good once its time is over, in one place: by the clock, and by `manage.py purge`."""

from __future__ import annotations

from typing import NamedTuple

from frontend.accounts import guests
from generation import forgetting, pruning, study_changes


class Purged(NamedTuple):
    studies: int
    runs: int
    guests: int


def purge() -> Purged:
    """Safe at any time and by several at once: each asks again before it removes."""
    purged = Purged(study_changes.purge(), pruning.purge(), guests.purge())
    forgetting.sweep()
    return purged
