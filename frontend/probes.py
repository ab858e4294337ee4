"""Questions for the health and for the metrics are answered before anything else looks at the request.

Who probes or scrapes asks by an address of the machine, over plain HTTP, without a session: no list of hosts,
no redirect to HTTPS and no cookie may stand between.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

from frontend.views.health import healthz, readyz
from frontend.views.metrics import metrics

VIEWS: dict[str, Any] = {"/healthz": healthz, "/readyz": readyz, "/metrics": sync_to_async(metrics)}


@sync_and_async_middleware
def health_first(get_response: Any) -> Any:
    if iscoroutinefunction(get_response):

        async def answer(request: HttpRequest) -> Any:
            view = VIEWS.get(request.path_info)
            return await (view or get_response)(request)

        return answer

    def answer_at_once(request: HttpRequest) -> Any:
        view = VIEWS.get(request.path_info)
        return async_to_sync(view)(request) if view else get_response(request)

    return answer_at_once
