"""Whether one of the site's own pages opened the socket: scheme, host and port, all three."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    scheme: str
    host: str
    port: int


def header(scope: dict[str, Any], name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def is_own(origin: str, scope: dict[str, Any]) -> bool:
    """Whether `origin` is the site's: SAFELENS_URL's, or the address by which this request asked.

    Under SAFELENS_URL's own host name nothing but SAFELENS_URL counts, whatever a proxy made of the address.
    """
    given = _origin(origin)
    if given is None:
        return False
    public = _origin(settings.SAFELENS_URL)
    if given == public:
        return True
    asked = _origin(f"{_scheme(scope)}://{header(scope, b'host') or ''}")
    if asked is None or (public is not None and asked.host == public.host):
        return False
    return given == asked and validate_host(asked.host, settings.ALLOWED_HOSTS)


def _scheme(scope: dict[str, Any]) -> str:
    """As pages see it: what a trusted proxy says, else what this server speaks itself."""
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        said = (header(scope, b"x-forwarded-proto") or "").split(",")[0].strip().lower()
        return "https" if said == "https" else "http"
    return "https" if scope.get("scheme") == "wss" else "http"


def _origin(text: str) -> Origin | None:
    """None for what is no origin, `null` among it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None:
        return None
    if parts.path or parts.query or parts.fragment:
        return None
    return Origin(parts.scheme, parts.hostname, PORTS[parts.scheme] if port is None else port)
