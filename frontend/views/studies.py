"""The list of studies, and what its owner does to one there: every change is a POST, and htmx is optional."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from itertools import groupby
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_cookie, vary_on_headers

from frontend import clock, modules
from generation import studies, study_changes
from generation.begin import find_study
from generation.limits import Refused
from generation.models import Study

Change = Callable[[HttpRequest, Study], HttpResponse]


@require_safe
@never_cache
@login_required
@vary_on_headers("HX-Request")
@vary_on_cookie
def study_list(request: HttpRequest) -> HttpResponse:
    """A page of the list: for htmx the rows alone, else a page around them."""
    template = "parts/study_rows.html" if _is_partial(request) else "studies.html"
    with timezone.override(clock.zone_of(request)):
        return render(request, template, {**listed(request), "import_map": modules.import_map()})


def listed(request: HttpRequest, open_study: str = "") -> dict[str, object]:
    """What `parts/study_list.html` shows, as the address asks for it."""
    assert request.user.pk is not None
    asked = {
        name: request.GET.get(name, "").replace("\0", "") for name in ("search", "tag", "since", "until")
    }
    place = request.GET.get("place", "")
    place = place if place in studies.PLACES else studies.CURRENT
    zone = clock.zone_of(request)
    wanted = studies.Wanted(
        search=asked["search"][: studies.LONGEST],
        place=place,
        tag=asked["tag"][: study_changes.LONGEST_TAG],
        since=clock.day_start(asked["since"], zone),
        until=clock.day_start(asked["until"], zone, days=1),
    )
    page = studies.page(request.user.pk, wanted, request.GET.get("behind", ""))
    opened = open_study or request.GET.get("open", "")
    more = {"place": place, "open": opened, **asked, "behind": page.more}
    now = timezone.now()

    def age(study: Study) -> str:
        return clock.age(study.updated, now, zone)

    return {
        "days": [(label, list(those)) for label, those in groupby(page.studies, age)],
        "studies": page.studies,
        "said": age(page.before) if page.before else "",  # the heading that the page before ended under
        "more": page.more,
        "more_query": urlencode({name: value for name, value in more.items() if value}),
        "tags": studies.tags(request.user.pk),
        "filtered": place != studies.CURRENT or any(asked[name] for name in ("tag", "since", "until")),
        "wanted": wanted,
        "asked": asked,
        "place": place,
        "open": opened,
    }


@require_safe
@never_cache
@login_required
@vary_on_headers("HX-Request")
def edit(request: HttpRequest, study: str) -> HttpResponse:
    return _form(request, _find(request, study))


def changes(change: Change) -> Callable[[HttpRequest, str], HttpResponse]:
    """A view that changes a study of the user's own; what was wrong stands beside its field."""

    @require_POST
    @never_cache
    @login_required
    @wraps(change)
    def view(request: HttpRequest, study: str) -> HttpResponse:
        found = _find(request, study)
        try:
            return change(request, found)
        except Refused as refusal:
            if _is_script(request):
                error = {"code": refusal.code.value, "message": str(refusal), "field": refusal.field}
                return JsonResponse({"error": error}, status=400)
            return _form(request, found, refusal)

    return view


@changes
def rename(request: HttpRequest, study: Study) -> HttpResponse:
    study_changes.rename(study, request.POST.get("title", ""))
    return _changed(request, study)


@changes
def add_tag(request: HttpRequest, study: Study) -> HttpResponse:
    study_changes.tag(study, request.POST.get("tag", ""))
    return _changed(request, study)


@changes
def remove_tag(request: HttpRequest, study: Study) -> HttpResponse:
    study_changes.untag(study, request.POST.get("tag", ""))
    return _changed(request, study)


@changes
def archive(request: HttpRequest, study: Study) -> HttpResponse:
    study_changes.archive(study)
    return _away(request, study, f"“{_name(study)}” is in the archive.", "unarchive")


@changes
def unarchive(request: HttpRequest, study: Study) -> HttpResponse:
    study_changes.unarchive(study)
    return _away(request, study, f"“{_name(study)}” is among your studies again.", "archive")


@changes
def delete(request: HttpRequest, study: Study) -> HttpResponse:
    study_changes.delete(study)
    days = study_changes.KEPT.days
    return _away(
        request, study, f"“{_name(study)}” is deleted. You can bring it back for {days} days.", "restore"
    )


@require_POST
@never_cache
@login_required
def restore(request: HttpRequest, study: str) -> HttpResponse:
    assert request.user.pk is not None
    try:
        found = study_changes.find_deleted(request.user.pk, study)
    except Refused as refusal:
        raise Http404 from refusal
    study_changes.restore(found)
    return _away(request, found, f"“{_name(found)}” is back.", "")


def _name(study: Study) -> str:
    """In the middle of a sentence, whose rest it must not turn round."""
    return study_changes.one_line(str(study))


def _find(request: HttpRequest, study: str) -> Study:
    assert request.user.pk is not None
    try:
        return find_study(request.user.pk, study)
    except Refused as refusal:
        raise Http404 from refusal


def _form(request: HttpRequest, study: Study, refusal: Refused | None = None) -> HttpResponse:
    """With what was typed, where that was refused; else with what is so."""
    partial = _is_partial(request)
    typed = request.POST if refusal else {}
    context = {
        "study": study,
        "study_tags": list(study.tags.order_by("name")),
        "title": typed.get("title", study.title),
        "new_tag": typed.get("tag", ""),
        "partial": partial,
        "wrong": {refusal.field: str(refusal)} if refusal else {},
        "longest_title": study_changes.LONGEST_TITLE,
        "longest_tag": study_changes.LONGEST_TAG,
    }
    template = "parts/study_edit.html" if partial else "study_edit.html"
    # What htmx is to show must have come as a success.
    return render(request, template, context, status=422 if refusal and not partial else 200)


def _changed(request: HttpRequest, study: Study) -> HttpResponse:
    """The form again, as it is now; the page's heading hears of it."""
    study.refresh_from_db()
    if _is_script(request):
        return JsonResponse({"id": study.id, "title": str(study)})
    if not _is_partial(request):
        return redirect("study_edit", study.id)
    return _telling(_form(request, study), study)


def _away(request: HttpRequest, study: Study, sentence: str, undo: str) -> HttpResponse:
    """A line in the row's place that says what became of it, with the way back."""
    if not _is_partial(request):
        messages.info(request, sentence)
        return redirect("studies")
    if request.POST.get("open") == study.id and undo == "restore":
        # The page that shows it has nothing to show any more.
        messages.info(request, sentence)
        return HttpResponse(headers={"HX-Redirect": reverse("home")})
    context = {"sentence": sentence, "undo": reverse(f"study_{undo}", args=[study.id]) if undo else ""}
    return render(request, "parts/study_away.html", context)


def _telling(response: HttpResponse, study: Study) -> HttpResponse:
    response.headers["HX-Trigger"] = json.dumps({"study-changed": {"id": study.id, "title": str(study)}})
    return response


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _is_partial(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers
