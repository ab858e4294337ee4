"""What Daphne serves: static files straight from disk, pages by Django, the socket by its consumer."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelens_site.settings")

django_application = get_asgi_application()

from generation.socket.consumer import serve_socket  # noqa: E402  (needs the settings)
from safelens_site.static import StaticFiles  # noqa: E402


async def sockets(scope: Any, receive: Any, send: Any) -> None:
    """There is one address; a socket to any other is refused before it opens."""
    if scope["path"] == "/ws/v1/":
        await serve_socket(scope, receive, send)
    else:
        await send({"type": "websocket.close"})


application = ProtocolTypeRouter({"http": StaticFiles(django_application), "websocket": sockets})
