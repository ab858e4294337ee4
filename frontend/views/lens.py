"""The lens: the page on which a model writes, and a study's tree as JSON."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from frontend import first_question, modules, settings_panel
from frontend.examples import EXAMPLES
from frontend.guard_switch import guard_switch
from frontend.views.studies import listed
from generation.begin import find_study
from generation.limits import Refused
from generation.models import Study
from generation.outline import outline


@require_safe
@never_cache
@login_required
def study(request: HttpRequest, study: str) -> HttpResponse:
    return lens(request, own(request, study))


@require_safe
@never_cache
def study_tree(request: HttpRequest, study: str) -> JsonResponse:
    """For scripts: a refusal is JSON too, and no page to log in on."""
    if not request.user.is_authenticated:
        return JsonResponse(
            {"error": {"code": "forbidden", "message": "You are logged out: log in again."}}, status=401
        )
    try:
        found = own(request, study)
    except Http404:
        sentence = "There is no such study."
        return JsonResponse({"error": {"code": "not_found", "message": sentence}}, status=404)
    return JsonResponse(outline(found, deleted=True))


def lens(request: HttpRequest, study: Study | None) -> HttpResponse:
    assert request.user.pk is not None
    first = "" if study else first_question.take(request)
    context = {
        **listed(request, study.id if study else ""),
        "study": study,
        "examples": EXAMPLES,
        "prompt": "" if study else first or request.GET.get("prompt", "")[: first_question.LONGEST],
        "asks": bool(first),
        "fields": settings_panel.FIELDS,
        "guard": guard_switch(request.user.pk),
        "import_map": modules.import_map(),
        "modules": modules.addresses(),
    }
    return render(request, "lens.html", context)


def own(request: HttpRequest, study: str) -> Study:
    assert request.user.pk is not None
    try:
        return find_study(request.user.pk, study)
    except Refused as refusal:
        raise Http404 from refusal
