"""What a guard took back, for a member of staff on their own run. For anybody else there is no such thing."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from frontend.views.audit_door import number_of
from generation import withdrawn
from generation.begin import find_run
from generation.limits import Refused
from generation.protocol import Code
from guard.audit import staff


@require_POST
@never_cache
def words(request: HttpRequest, run: str) -> JsonResponse:
    """`{words: {step: text}}`; the audit notes that they were shown, in the same breath."""
    if not request.user.is_authenticated:
        return _refused(Code.FORBIDDEN, "You are logged out: log in again.", 401)
    try:
        if not request.user.is_staff:
            raise Refused(Code.NOT_FOUND, "There is no such run.", "run")
        found = find_run(number_of(request), run)
    except Refused as refusal:
        return _refused(refusal.code, str(refusal), 404)
    with transaction.atomic():
        shown = withdrawn.words(found.id)
        if shown:
            staff.viewed(number_of(request), found.id)
    return JsonResponse({"words": {str(step): text for step, text in sorted(shown.items())}})


def _refused(code: Code, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"code": code.value, "message": message}}, status=status)
