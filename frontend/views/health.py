from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generation import health


@require_safe
@never_cache
async def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process lives: asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part answers, else 503. Names and states, nothing more: anyone may read it."""
    states = await health.states()
    missing = sorted(name for name, answers in states.items() if not answers)
    parts = {name: "ok" if answers else "no answer" for name, answers in states.items()}
    return JsonResponse(
        {"ready": not missing, "parts": parts, "missing": missing}, status=503 if missing else 200
    )
