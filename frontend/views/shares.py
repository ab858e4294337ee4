"""An owner's links: made for a study or one answer, listed, taken back."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from generation.begin import find_study
from generation.limits import Refused
from generation.models import Study
from generation.sharing import links
from generation.sharing.models import Share


class Shown(NamedTuple):
    share: Share
    address: str
    what: str


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@vary_on_headers("HX-Request")
def share(request: HttpRequest, study: str) -> HttpResponse:
    """The study's links, and a form for a new one. `run` names the answer that could be shared alone."""
    assert request.user.pk is not None
    try:
        found = find_study(request.user.pk, study)
    except Refused as refusal:
        raise Http404 from refusal
    asked = request.POST if request.method == "POST" else request.GET
    run = asked.get("run", "")
    if request.method != "POST":
        return _page(request, found, run)
    alone = asked.get("scope") == "run"
    try:
        made = links.make(request.user.pk, found.id, run if alone else None, named="named" in asked)
    except Refused as refusal:
        return _page(request, found, run, wrong=str(refusal))
    return _page(request, found, run, made=made)


@require_safe
@never_cache
@login_required
def listing(request: HttpRequest) -> HttpResponse:
    assert request.user.pk is not None
    return render(request, "shares.html", {"shares": _shown(request, links.of(request.user.pk))})


@require_POST
@never_cache
@login_required
def revoke(request: HttpRequest, share: str) -> HttpResponse:
    assert request.user.pk is not None
    if not links.revoke(request.user.pk, share):
        raise Http404
    if "HX-Request" in request.headers:
        return render(request, "parts/share_revoked.html")
    messages.info(request, "The link is taken back: it opens nothing any more.")
    return redirect("shares")


def _page(
    request: HttpRequest, study: Study, run: str, *, made: Share | None = None, wrong: str = ""
) -> HttpResponse:
    assert request.user.pk is not None
    partial = "HX-Request" in request.headers
    context = {
        "study": study,
        "run": run,
        "shares": _shown(request, links.of(request.user.pk, study)),
        "made": made.id if made else "",
        "wrong": wrong,
    }
    template = "parts/share.html" if partial else "share.html"
    return render(request, template, context, status=422 if wrong and not partial else 200)


def _shown(request: HttpRequest, shares: list[Share]) -> list[Shown]:
    return [
        Shown(
            share,
            request.build_absolute_uri(reverse("shared", args=[links.token(share)])),
            "one answer" if share.run_id else "the whole study",
        )
        for share in shares
    ]
