"""A user's API tokens: made and shown once, listed, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from generation.access import tokens
from generation.access.models import ApiToken
from generation.study_changes import one_line

MOST: Final = 50  # good tokens of one user
LONGEST_NAME: Final = 100
LIVES: Final = {"30": "30 days", "365": "a year", "": "until I revoke it"}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@sensitive_variables("token")
def listing(request: HttpRequest) -> HttpResponse:
    """A new token is in the answer to its making, and nowhere else ever again."""
    if request.method != "POST":
        return _page(request)
    assert request.user.is_authenticated
    name = one_line(request.POST.get("name", ""))
    days = request.POST.get("days", "")
    if not name or len(name) > LONGEST_NAME:
        return _page(request, wrong=f"A token needs a name of 1 to {LONGEST_NAME} characters.")
    if days not in LIVES:
        return _page(request, wrong="Choose how long the token lives.")
    if _good(request).count() >= MOST:
        return _page(request, wrong=f"You have {MOST} tokens: revoke one first.")
    expires = timezone.now() + timedelta(days=int(days)) if days else None
    _, token = tokens.make(request.user, name, expires)
    return _page(request, made=token, name=name)


@require_POST
@never_cache
@login_required
def revoke(request: HttpRequest, token: int) -> HttpResponse:
    assert request.user.is_authenticated
    if not tokens.revoke(request.user, token):
        raise Http404
    messages.info(request, "The token is revoked: nobody gets in with it any more.")
    return redirect("tokens")


def _good(request: HttpRequest) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=request.user.pk, revoked=None)


def _page(request: HttpRequest, *, made: str = "", name: str = "", wrong: str = "") -> HttpResponse:
    context = {
        "tokens": list(_good(request)),
        "now": timezone.now(),
        "lives": LIVES.items(),
        "made": made,
        "made_name": name,
        "wrong": wrong,
        "typed": request.POST.get("name", "") if wrong else "",
        "longest": LONGEST_NAME,
    }
    return render(request, "tokens.html", context, status=422 if wrong else 200)
