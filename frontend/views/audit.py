"""The audit's first page: every verdict as it comes, and filters; and what members of staff did."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend.views.audit_door import staff_only
from frontend.views.audit_forms import FilterForm
from guard.audit import chain, feed
from guard.audit.models import Entry

ACTIONS_PAGE = 100


@staff_only
@require_safe
def verdicts(request: HttpRequest) -> HttpResponse:
    """The page; with `news` what came after that entry, with `behind` what is older, both for htmx."""
    form = FilterForm(request.GET)
    wanted = form.wanted() if form.is_valid() else None
    context: dict[str, object] = {"query": query_of(request), "live": request.GET.get("live") != "0"}
    if wanted is not None and "news" in request.GET:
        rows = feed.news(wanted, _number(request, "news"))
        if not rows:
            return HttpResponse(status=204)
        return render(request, "audit/news.html", context | {"verdicts": rows, "newest": rows[0].pk})
    if wanted is not None:
        behind = _number(request, "behind") if "behind" in request.GET else None
        page = feed.page(wanted, behind)
        context |= {"verdicts": page.verdicts, "older": page.older, "newest": page.newest}
        if "HX-Request" in request.headers:
            return render(request, "audit/rows.html", context)
        context |= {"paged": behind is not None}
    filtered = any(request.GET.get(name) for name in form.fields)
    return render(
        request,
        "audit/feed.html",
        context | {"form": form, "here": "feed", "filtered": filtered, "head": chain.head()},
    )


@staff_only
@require_safe
def actions(request: HttpRequest) -> HttpResponse:
    """What staff did: every entry that is no verdict."""
    rows = Entry.objects.exclude(kind=Entry.Kind.VERDICT).order_by("-seq")
    if "behind" in request.GET:
        rows = rows.filter(seq__lt=_number(request, "behind"))
    found = list(rows[: ACTIONS_PAGE + 1])
    older = found[ACTIONS_PAGE - 1].seq if len(found) > ACTIONS_PAGE else None
    context = {"entries": named(found[:ACTIONS_PAGE]), "older": older, "here": "actions"}
    return render(request, "audit/actions.html", context)


def named(entries: list[Entry]) -> list[Entry]:
    """With the name of who did it, for the chain has the number alone, and the run that it was about."""
    numbers = {entry.actor: entry.actor[5:] for entry in entries if entry.actor.startswith("user:")}
    names = dict(get_user_model().objects.filter(pk__in=numbers.values()).values_list("pk", "username"))
    for entry in entries:
        number = numbers.get(entry.actor)
        shown = names.get(int(number), "a removed account") if number else entry.actor
        run = entry.subject[4:] if entry.subject.startswith("run:") else ""
        entry.__dict__ |= {"who": shown, "run": run}  # no fields: they are for the page alone
    return entries


def query_of(request: HttpRequest) -> str:
    """The filters as they stand in the address."""
    fields = FilterForm.base_fields
    return urlencode([(name, value) for name, value in request.GET.items() if name in fields and value])


def _number(request: HttpRequest, name: str) -> int:
    value = request.GET.get(name, "")
    if not value.isascii() or not value.isdecimal() or len(value) > 18:
        raise Http404
    return int(value)
