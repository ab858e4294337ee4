"""One run's whole story: what each policy saw, decided and did; and who of the staff looked at it since.

The text is shown when it is asked for, and never without an entry that says who asked.
"""

from __future__ import annotations

from itertools import groupby

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from frontend import modules
from frontend.views.audit import named
from frontend.views.audit_door import number_of, staff_only
from frontend.views.audit_judgement import judgement
from frontend.views.audit_what_if import WhatIfForm
from generation.models import Run, is_id
from guard.audit import replaying, staff
from guard.audit.models import Entry, Mark, Verdict

MOST_ENTRIES = 200


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
        replayed = replaying.again(verdicts)
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


def _verdicts(run: str) -> list[Verdict]:
    if not is_id(run):
        raise Http404
    found = list(Verdict.objects.filter(run=run).select_related("owner", "entry__text").order_by("pk"))
    if not found:
        raise Http404
    return found
