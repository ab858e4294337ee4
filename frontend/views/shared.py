"""What a link opens: a page for anybody who has it, and what it shows as JSON. Nothing changes there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from frontend import modules
from generation.sharing import contents, links
from generation.sharing.models import Share

GONE = "This link is wrong, or it was taken back."


def opens(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Follows the link. No search engine lists what it opens, and no other site is told its address."""

    @require_safe
    @never_cache
    @wraps(view)
    def following(request: HttpRequest, token: str, **more: str) -> HttpResponseBase:
        share = links.follow(token)
        response: HttpResponseBase
        if share is not None:
            response = view(request, share, **more)
        elif request.path.endswith(".json"):
            response = _missing(GONE)
        else:
            response = render(request, "shared_gone.html", status=404)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return following


@opens
def page(request: HttpRequest, share: Share) -> HttpResponse:
    context = {
        "study": share.study,
        "alone": share.run_id is not None,
        "owner_name": share.owner.get_username() if share.named else "",
        "mine": share.owner_id == request.user.pk,
        "token": links.token(share),
        "import_map": modules.import_map(),
        "modules": modules.addresses("sharing/shared.js"),
    }
    return render(request, "shared.html", context)


@opens
def tree(request: HttpRequest, share: Share) -> HttpResponse:
    return JsonResponse(contents.outline_of(share))


@opens
def run(request: HttpRequest, share: Share, run: str) -> HttpResponse:
    """`{messages}`: what the socket says of a run behind step `after`, a page of it."""
    try:
        after = int(request.GET.get("after", "-1")[:10])
    except ValueError:
        after = -1
    messages = contents.messages_of(share, run, max(-1, after))
    if messages is None:
        return _missing("There is no such answer here.")
    return JsonResponse({"messages": messages})


def _missing(sentence: str) -> JsonResponse:
    return JsonResponse({"error": {"code": "not_found", "message": sentence}}, status=404)
