"""A user's studies, the one that changed last first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from generation.models import Run, Study, Turn, folded, is_id

PAGE = 30
LONGEST = 200  # characters of a search


@dataclass(frozen=True, slots=True)
class Page:
    studies: list[Study]
    more: str  # the study behind which the next page begins; empty on the last page


def page(owner: int, search: str = "", behind: str = "") -> Page:
    """Those with `search` in their title, a prompt or an answer, whatever the case. Two queries at most.

    A page begins behind a study, not at a number: one that is added meanwhile moves nothing.
    """
    found = Study.objects.filter(owner=owner, deleted=None, archived=None).order_by("-updated", "id")
    wanted = folded(search.replace("\0", "").strip()[:LONGEST])
    if wanted:
        here = OuterRef("pk")
        found = found.filter(
            Q(folded_title__contains=wanted)
            | Exists(Turn.objects.filter(study=here, folded__contains=wanted))
            | Exists(Run.objects.filter(study=here, folded__contains=wanted))
        )
    if is_id(behind):
        last = Study.objects.filter(owner=owner, id=behind).first()
        if last is not None:
            found = found.filter(Q(updated__lt=last.updated) | Q(updated=last.updated, id__gt=last.id))
    rows = list(found[: PAGE + 1])
    return Page(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else "")
