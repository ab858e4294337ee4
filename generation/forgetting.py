"""What a run said goes from the audit too, once the run is gone: deleted for good, or past its retention."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from generation.models import Run
from guard.audit import erasure
from guard.audit.models import Text


def sweep() -> int:
    """Finds such texts however their runs went, and leaves an entry that says so; how many texts."""
    there = Run.objects.filter(id=OuterRef("entry__verdict__run"), gone=None)
    orphans = Text.objects.filter(~Exists(there), entry__verdict__isnull=False)
    return erasure.erase(orphans, by=None, subject="runs that are gone")
