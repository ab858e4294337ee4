"""A user's studies, the one that changed last first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from generation.models import Run, Study, StudyTag, Turn, folded, is_id

PAGE = 30
LONGEST = 200  # characters of a search
CURRENT, ARCHIVED, DELETED = "current", "archived", "deleted"
PLACES = (CURRENT, ARCHIVED, DELETED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them. `since` is in, `until` is not."""

    search: str = ""
    place: str = CURRENT
    tag: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    studies: list[Study]
    more: str  # the study behind which the next page begins; empty on the last page
    before: Study | None  # the study behind which this page begins


def page(owner: int, wanted: Wanted | None = None, behind: str = "") -> Page:
    """Three queries at most, however many studies there are.

    A page begins behind a study, not at a number: one that is added meanwhile moves nothing.
    """
    found = _found(owner, wanted or Wanted()).prefetch_related("tags").order_by("-updated", "id")
    before = Study.objects.filter(owner=owner, id=behind).first() if is_id(behind) else None
    if before is not None:
        found = found.filter(Q(updated__lt=before.updated) | Q(updated=before.updated, id__gt=before.id))
    rows = list(found[: PAGE + 1])
    return Page(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else "", before)


def tags(owner: int) -> list[str]:
    """Every tag that the user's studies have, in the order of an alphabet."""
    found = StudyTag.objects.filter(study__owner=owner, study__deleted=None)
    return sorted(found.values_list("name", flat=True).distinct(), key=folded)


def _found(owner: int, wanted: Wanted) -> QuerySet[Study]:
    found = Study.objects.filter(owner=owner)
    if wanted.place == DELETED:
        found = found.exclude(deleted=None)
    else:
        found = found.filter(deleted=None, archived__isnull=wanted.place != ARCHIVED)
    if wanted.tag:
        found = found.filter(Exists(StudyTag.objects.filter(study=OuterRef("pk"), name=wanted.tag)))
    if wanted.since is not None:
        found = found.filter(updated__gte=wanted.since)
    if wanted.until is not None:
        found = found.filter(updated__lt=wanted.until)
    return _with_text(found, folded(wanted.search.replace("\0", "").strip()[:LONGEST]))


def _with_text(found: QuerySet[Study], text: str) -> QuerySet[Study]:
    """Those with it in their title, a prompt or an answer, whatever the case."""
    if not text:
        return found
    here = OuterRef("pk")
    return found.filter(
        Q(folded_title__contains=text)
        | Exists(Turn.objects.filter(study=here, folded__contains=text, runs__deleted=None))
        | Exists(Run.objects.filter(study=here, folded__contains=text, deleted=None))
    )
