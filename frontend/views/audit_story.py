"""One run's whole story: what each policy saw, decided and did; and who of the staff looked at it since.

The text is shown when it is asked for, and never without an entry that says who asked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from frontend import modules
from frontend.views.audit import named
from frontend.views.audit_door import number_of, staff_only
from frontend.views.audit_what_if import WhatIfForm
from generation.models import Run, is_id
from generation.worker.judges import Unjudged, bench_of
from guard.audit import replaying, staff, tape
from guard.audit.models import Entry, Mark, Verdict
from guard.audit.tape import Fate, Seen
from guard.audit.verdicts import ERROR, PASS
from guard.policy.events import Event
from guard.policy.token import END

MOST_ENTRIES = 200
_escaped = lru_cache(maxsize=256)(escape)


class Cell(NamedTuple):
    name: str
    score: float | None  # None: not looked at; NaN: looked at, and there was no number

    @property
    def shown(self) -> str:
        return "–" if self.score is None else f"{self.score:.3f}" if math.isfinite(self.score) else "none"


@dataclass(frozen=True, slots=True)
class Token:
    number: int  # from 1, in the order of making
    step: int | None  # its public index; what was dropped or held has none
    seen: Seen
    cells: list[Cell]  # each guard's score, then what the rule made of it
    fired: str  # what was done in front of it

    @property
    def numbers(self) -> SafeString:
        """Its cells as HTML: a long run has tens of thousands, for which a template takes seconds."""
        return mark_safe(  # noqa: S308  (numbers, and names that are escaped)
            "".join(
                f'<td class="number" data-series="{_escaped(cell.name)}" data-x="{self.number}"'
                f' data-y="{cell.score}">{cell.shown}</td>'
                for cell in self.cells
            )
        )

    @property
    def fate(self) -> str:
        return "" if self.seen.origin == END else self.seen.fate.name.lower()


@dataclass(frozen=True, slots=True)
class Judgement:
    """One policy version's part in the run."""

    verdicts: list[Verdict]
    last: Verdict
    columns: list[str]  # of numbers: the guards, then what the rule made of their scores
    tokens: list[Token]
    damaged: bool
    erased: bool
    marks: list[Mark]
    line: float | None  # which its scores cross when it fires

    @property
    def alarms(self) -> list[Verdict]:
        return [one for one in self.verdicts if one.action not in (PASS, ERROR) and not one.final]


@staff_only
@require_safe
def story(request: HttpRequest, run: str) -> HttpResponse:
    what_if = WhatIfForm(request.GET)
    return _page(request, run, shown=False, what_if=what_if)


@staff_only
@require_POST
def text(request: HttpRequest, run: str) -> HttpResponse:
    with transaction.atomic():
        _verdicts(run)
        staff.viewed(number_of(request), run)
    return _page(request, run, shown=True)


@staff_only
@require_POST
def mark(request: HttpRequest, run: str) -> HttpResponse:
    number, opinion = request.POST.get("verdict", ""), request.POST.get("opinion", "")
    verdict = next((one for one in _verdicts(run) if str(one.pk) == number), None)
    if verdict is None or opinion not in Mark.Opinion.values:
        raise Http404
    staff.marked(number_of(request), verdict, opinion)
    return redirect("audit_story", run)


def _page(request: HttpRequest, run: str, shown: bool, what_if: WhatIfForm | None = None) -> HttpResponse:
    verdicts = _verdicts(run)
    by_policy = sorted(verdicts, key=lambda one: (one.shadow, one.policy, one.version, one.pk))
    marks = list(Mark.objects.filter(verdict__run=run).select_related("by").order_by("at"))
    judgements = [
        judgement(list(group), shown, marks)
        for _, group in groupby(by_policy, key=lambda one: (one.shadow, one.policy, one.version))
    ]
    entries = Entry.objects.filter(subject=f"run:{run}").exclude(kind=Entry.Kind.VERDICT).order_by("seq")
    saved = Run.objects.select_related("turn", "study").filter(id=run).first()
    replayed, why_not = None, ""
    try:
        replayed = replaying.again(verdicts, shared_events(saved))
    except replaying.Unknown as problem:
        why_not = str(problem)
    context = {
        "replayed": replayed,
        "why_not": why_not,
        "what_if": what_if or WhatIfForm({}),
        "run": run,
        "first": verdicts[0],
        "judgements": judgements,
        "entries": named(list(entries[:MOST_ENTRIES])),
        "shown": shown,
        "import_map": modules.import_map(),
        "saved": saved,
    }
    if what_if is not None and what_if.is_valid():
        context["answer"] = what_if.answer(verdicts)
    return render(request, "audit/story.html", context)


def shared_events(run: Run | None) -> list[Event] | None:
    """What had happened to the steps that a branch shares; None where that isn't known any more, or where
    some of them were taken back since."""
    if run is None or run.parent_id is None:
        return None
    try:
        bench = bench_of(run)
    except Unjudged:
        return None
    events = list(bench.events[: len(bench.events) - bench.decided])
    return None if any(event.kind == "retract" for event in events) else events


def _verdicts(run: str) -> list[Verdict]:
    if not is_id(run):
        raise Http404
    found = list(Verdict.objects.filter(run=run).select_related("owner", "entry__text").order_by("pk"))
    if not found:
        raise Http404
    return found


def judgement(verdicts: list[Verdict], shown: bool, marks: Sequence[Mark] = ()) -> Judgement:
    """Of one policy's verdicts on a run; the newest one saw all that those before it saw."""
    last = verdicts[-1]
    try:
        said = last.entry.text.text
    except ObjectDoesNotExist:
        said = ""
    try:
        seen, damaged = tape.decode(last.tape, said if shown else ""), False
    except tape.TapeUnreadable:
        seen, damaged = [], True
    guards = sorted({name for token in seen for name in token.scores})
    numbers = {one.pk for one in verdicts}
    tokens = tokens_of(seen, guards, verdicts, statistics_of(last))
    return Judgement(
        verdicts,
        last,
        [cell.name for cell in tokens[0].cells] if tokens else [],
        tokens,
        damaged,
        erased=bool(seen) and not said,
        marks=[mark for mark in marks if mark.verdict_id in numbers],
        line=next((one.threshold for one in reversed(verdicts) if one.threshold is not None), None),
    )


def statistics_of(last: Verdict) -> list[dict[str, float]]:
    """What the rule made of each guard's scores, token by token; nothing if its version isn't known."""
    try:
        return replaying.otherwise(last, replaying.spec_of(last)).statistics
    except replaying.Unknown:
        return []


def tokens_of(
    seen: list[Seen], guards: list[str], verdicts: list[Verdict], statistics: list[dict[str, float]]
) -> list[Token]:
    """With their public indexes: those count what was sent, back from the last verdict's place."""
    sent = sum(_is_sent(token) for token in seen)
    step = max(verdicts[-1].step - sent, 0)
    did = _marks(verdicts, seen)
    tokens: list[Token] = []
    for number, token in enumerate(seen, 1):
        index = None
        if _is_sent(token):
            step += 1
            index = step
        cells = [Cell(name, token.scores.get(name)) for name in guards]
        if statistics:
            row = statistics[number - 1]
            cells += [Cell(f"{verdicts[-1].rule} of {name}", row.get(name)) for name in guards]
        tokens.append(Token(number, index, token, cells, did.get(number, "")))
    return tokens


def _marks(verdicts: list[Verdict], seen: list[Seen]) -> dict[int, str]:
    """What was done, by the number of the token whose scores it came with: the last one on its own tape."""
    marks: dict[int, str] = {}
    for one in verdicts:
        if one.final or one.action == PASS:
            continue
        try:
            number = len(tape.decode(one.tape))
        except tape.TapeUnreadable:
            continue
        known = f"{marks[number]}, " if number in marks else ""
        if 0 < number <= len(seen):
            marks[number] = known + one.action
    return marks


def _is_sent(token: Seen) -> bool:
    return token.fate in (Fate.RELEASED, Fate.RETRACTED) and token.origin != END
