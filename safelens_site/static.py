"""Static files over ASGI, in front of Django, so that no page's middleware has to be synchronous for them."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from whitenoise.base import WhiteNoise

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Application = Callable[..., Awaitable[None]]

HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


class StaticFiles:
    """Answers what lies in STATIC_ROOT (known at the start), hands everything else on."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.files = WhiteNoise(
            None,
            allow_all_origins=False,
            immutable_file_test=HASHED.pattern,
            add_headers_function=_add_headers,
        )
        if settings.STATIC_ROOT.is_dir():
            self.files.add_files(str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self.files.files.get(scope["path"])
        if file is None:
            await self.application(scope, receive, send)
            return
        response = file.get_response(scope["method"], _environ(scope))
        body = b""
        if response.file is not None:
            with response.file:
                body = await asyncio.to_thread(response.file.read)
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers
        ]
        await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _environ(scope: Scope) -> dict[str, str]:
    """The request's headers under the names that WSGI gives them."""
    return {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }


def _add_headers(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
