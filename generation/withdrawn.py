"""What guards took back of a run's whole line, for a member of staff who looks at it."""

from __future__ import annotations

from generation import lineage
from generation.models import RunEvent
from guard.audit.withdrawn import withdrawn


def words(run: str) -> dict[int, str]:
    """By their steps: those that a reader was told of as withdrawn, as far as the audit still has them."""
    found: dict[int, str] = {}
    for stretch in lineage.stretches(run):
        ranges = list(RunEvent.objects.filter(run=stretch.run, kind="retract").values_list("body", flat=True))
        if not ranges:
            continue
        for step, text in withdrawn(stretch.run).items():
            told = any(body["from"] <= step <= body["to"] for body in ranges)
            if told and stretch.first <= step and (stretch.end is None or step < stretch.end):
                found[step] = text
    return found
