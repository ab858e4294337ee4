"""Answers that are sent as they are made: none is held in memory, and the event loop never waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse


def streamed(request: HttpRequest, portions: Iterator[str], kind: str, name: str) -> StreamingHttpResponse:
    """As a file of this name. A portion is never empty."""
    content = _awaited(portions) if isinstance(request, ASGIRequest) else portions
    response = StreamingHttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _awaited(portions: Iterator[str]) -> AsyncIterator[str]:
    """The database is asked off the event loop, a portion at a time."""
    while portion := await sync_to_async(_next)(portions):
        yield portion


def _next(portions: Iterator[str]) -> str:
    """Empty at the end: `StopIteration` can't be awaited."""
    return next(portions, "")
