"""Finding verdicts: filters, and pages of them by the entry's number, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from guard.audit.chain import folded
from guard.audit.models import Text, Verdict
from guard.audit.verdicts import ERROR, PASS

PAGE = 50
AT_ONCE = 500  # rows of an export that are read by one query
ALARMS = "alarms"  # every action but a pass


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; None and "" is anything."""

    owner: int | None = None
    run: str = ""
    guard: str = ""
    policy: str = ""
    version: int | None = None
    action: str = ""
    lowest: float | None = None  # score
    highest: float | None = None
    since: date | None = None  # days in UTC, both included
    until: date | None = None
    text: str = ""

    def told(self) -> dict[str, Any]:
        """As it stands in the audit: a word that was searched for is text, and isn't told."""
        said = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        said |= {name: day.isoformat() for name, day in said.items() if isinstance(day, date)}
        return said | ({"text": True} if self.text else {})


@dataclass(frozen=True, slots=True)
class Page:
    verdicts: list[Verdict]
    older: int | None  # where the next page begins
    newest: int  # where news begin


def found(wanted: Wanted) -> QuerySet[Verdict]:
    rows = Verdict.objects.filter(_condition(wanted))
    if wanted.text:
        texts = Text.objects.filter(folded__contains=folded(wanted.text))
        rows = rows.filter(pk__in=texts.values("pk"))
    return rows


def page(wanted: Wanted, behind: int | None = None) -> Page:
    """The newest, or those behind an entry."""
    rows = found(wanted).select_related("owner").defer("tape")
    if behind is not None:
        rows = rows.filter(pk__lt=behind)
    verdicts = list(rows.order_by("-pk")[: PAGE + 1])
    older = verdicts[PAGE - 1].pk if len(verdicts) > PAGE else None
    newest = Verdict.objects.order_by("-pk").values_list("pk", flat=True).first()
    return Page(verdicts[:PAGE], older, newest or 0)


def news(wanted: Wanted, since: int) -> list[Verdict]:
    """What came after an entry, newest first; with very many, the oldest of them, so that none is left out.

    Numbers appear in their order (see `guard.audit.chain`), so none is missed either.
    """
    rows = found(wanted).select_related("owner").defer("tape").filter(pk__gt=since)
    return list(rows.order_by("pk")[:PAGE])[::-1]


def portions(wanted: Wanted, text: bool) -> Iterator[list[Verdict]]:
    """All of them, oldest first, each portion by a query of its own: nothing is held between two."""
    rows = found(wanted).select_related("owner", "entry").defer("tape")
    if text:
        rows = rows.select_related("entry__text")
    last = 0
    while portion := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield portion
        last = portion[-1].pk


def _condition(wanted: Wanted) -> Q:
    is_it = Q()
    for name in ("owner", "run", "guard", "policy", "version"):
        value = getattr(wanted, name)
        if value not in (None, ""):
            is_it &= Q(**{name: value})
    if wanted.action == ALARMS:
        is_it &= ~Q(action__in=(PASS, ERROR))
    elif wanted.action:
        is_it &= Q(action=wanted.action)
    if wanted.lowest is not None:
        is_it &= Q(score__gte=wanted.lowest)
    if wanted.highest is not None:
        is_it &= Q(score__lte=wanted.highest)
    if wanted.since:
        is_it &= Q(created__gte=start_of(wanted.since))
    if wanted.until:
        is_it &= Q(created__lt=start_of(wanted.until + timedelta(days=1)))
    return is_it


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
