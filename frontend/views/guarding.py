"""What judged a run: the policies whose scores the page draws. Shadow policies are the staff's alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generation.begin import find_run
from generation.limits import Refused
from generation.worker.judges import Judge, Unjudged, judges_of


@require_safe
@never_cache
def guard(request: HttpRequest, run: str) -> JsonResponse:
    """`{policies: [{name, number, rule, hold, evidence: [{name, threshold}]}]}`, the user's tau in them."""
    if not request.user.is_authenticated:
        return _refused("forbidden", "You are logged out: log in again.", 401)
    try:
        found = find_run(request.user.pk, run)
        judges = judges_of(found.policies, found.settings.get("tau"))
    except Refused as refusal:
        return _refused(refusal.code.value, str(refusal), 404)
    except Unjudged as problem:
        return _refused("failed", str(problem), 409)
    return JsonResponse({"policies": [_told(judge) for judge in judges if not judge.spec.shadow]})


def _told(judge: Judge) -> dict[str, Any]:
    spec = judge.spec
    return {
        "name": judge.name,
        "number": judge.number,
        "rule": spec.as_json()["rule"],
        "hold": spec.hold,
        "evidence": [{"name": each.name, "threshold": each.threshold} for each in spec.at("stream")],
    }


def _refused(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
