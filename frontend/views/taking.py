"""A study as a file to take along: the owner's, and what a link shows of one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from frontend.offline import document
from frontend.streaming import streamed
from frontend.views.lens import own
from frontend.views.shared import opens
from generation.outline import OutlineJson
from generation.sharing import contents
from generation.sharing.models import Share


@require_safe
@never_cache
@login_required
def study(request: HttpRequest, study: str) -> HttpResponseBase:
    return _file(request, contents.finished(own(request, study)))


@opens
def shared(request: HttpRequest, share: Share) -> HttpResponseBase:
    return _file(request, contents.outline_of(share))


def _file(request: HttpRequest, outline: OutlineJson) -> HttpResponseBase:
    kind = "text/html; charset=utf-8"
    return streamed(request, document.pieces(outline), kind, document.name_of(outline))
