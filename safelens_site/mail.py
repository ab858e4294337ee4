"""How mail leaves: printed on the console, or through a mail server by its address."""

from typing import Any
from urllib.parse import unquote, urlsplit

SCHEMES = ("smtp", "smtp+tls", "smtps")


def settings_from(url: str) -> dict[str, Any]:
    """Django's mail settings from `smtp+tls://user:password@host:587` (STARTTLS), `smtps://…` or `smtp://…`."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    port = {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme]
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
