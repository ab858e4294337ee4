"""A user's presets, for the settings on the page: scripts ask, and every answer is JSON with all of them."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from frontend.presets import keeping
from generation.limits import Refused
from generation.protocol import Code

STATUS = {Code.NOT_FOUND: 404, Code.FORBIDDEN: 401}
LARGEST = 64 * 1024  # bytes


@require_http_methods(["GET", "POST", "DELETE"])
@never_cache
def presets(request: HttpRequest) -> JsonResponse:
    """POST `{name, values}` keeps one, DELETE `{name}` removes one."""
    try:
        if not request.user.is_authenticated:
            raise Refused(Code.FORBIDDEN, "You are logged out: log in again.")
        owner = request.user.pk
        if request.method == "POST":
            asked = _read(request)
            keeping.keep(owner, asked.get("name"), asked.get("values"))
        elif request.method == "DELETE" and not keeping.remove(owner, _read(request).get("name")):
            raise Refused(Code.NOT_FOUND, "There is no preset of this name.", "name")
        return JsonResponse({"presets": keeping.of(owner)})
    except Refused as refusal:
        error = {"code": refusal.code.value, "message": str(refusal), "field": refusal.field}
        return JsonResponse({"error": error}, status=STATUS.get(refusal.code, 400))


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = orjson.loads(request.body) if len(request.body) <= LARGEST else None
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict):
        raise Refused(Code.INVALID, "The page and the server don't understand each other: load it again.")
    return asked
