"""What an owner does to the branches of a study; scripts ask, and every answer is JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from generation import pruning
from generation.begin import find_study
from generation.limits import Refused
from generation.models import Run, Study, is_id
from generation.outline import outline
from generation.protocol import Code

MOST_SEEN = 5000  # runs in one message
STATUS = {Code.NOT_FOUND: 404, Code.FORBIDDEN: 401}

Change = Callable[[Study, dict[str, Any]], HttpResponse]


def _changing(change: Change) -> Callable[[HttpRequest, str], HttpResponse]:
    """A view that lets the owner of a study change it. What is wrong is told in one sentence."""

    @require_POST
    @never_cache
    def view(request: HttpRequest, study: str) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise Refused(Code.FORBIDDEN, "You are logged out: log in again.")
            return change(find_study(request.user.pk, study), _read(request))
        except Refused as refusal:
            error = {"code": refusal.code.value, "message": str(refusal)}
            return JsonResponse({"error": error}, status=STATUS.get(refusal.code, 400))

    return view


@_changing
def delete_branch(study: Study, asked: dict[str, Any]) -> HttpResponse:
    """`{run, at}`: what goes through this step of the run; `at` null: the whole turn."""
    run, at = _run(study, asked), asked.get("at")
    if at is not None and (type(at) is not int or at < 0):
        raise Refused(Code.INVALID, "at must be a step's number or null.", "at")
    gone = pruning.delete(study, run, at)
    return JsonResponse({"runs": gone, "outline": _outline(study)})


@_changing
def restore_branch(study: Study, asked: dict[str, Any]) -> HttpResponse:
    """`{run}`: it comes back with all that was deleted together with it."""
    back = pruning.restore(study, _run(study, asked))
    return JsonResponse({"runs": back, "outline": _outline(study)})


@_changing
def favourite(study: Study, asked: dict[str, Any]) -> HttpResponse:
    """`{run}`: the one on which the study opens; null: the newest."""
    run = None if asked.get("run") is None else _run(study, asked)
    if run is not None and study.runs.filter(id=run).exclude(deleted=None).exists():
        raise Refused(Code.NOT_FOUND, "There is no such run.", "run")
    Study.objects.filter(id=study.id).update(favourite=run)
    return JsonResponse({"favourite": run})


@_changing
def seen(study: Study, asked: dict[str, Any]) -> HttpResponse:
    """`{runs}`: these have been read."""
    runs = asked.get("runs")
    if not isinstance(runs, list) or len(runs) > MOST_SEEN or not all(map(is_id, runs)):
        raise Refused(Code.INVALID, "runs must be a list of ids.", "runs")
    study.runs.filter(id__in=runs, seen=False).update(seen=True)
    return HttpResponse(status=204)


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict):
        raise Refused(Code.INVALID, "This request can't be read.")
    return asked


def _run(study: Study, asked: dict[str, Any]) -> str:
    run = asked.get("run")
    if isinstance(run, str) and is_id(run) and Run.objects.filter(id=run, study=study).exists():
        return run
    raise Refused(Code.NOT_FOUND, "There is no such run.", "run")


def _outline(study: Study) -> Any:
    study.refresh_from_db()
    return outline(study, deleted=True)
