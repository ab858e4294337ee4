"""Headers that keep a page to itself: a strict Content-Security-Policy, and its lesser relatives."""

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

Handler = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeaders:
    """Sets the policy on every answer. No inline script or style runs but one with `request.csp_nonce`.

    The nonce is fresh for each request and is named in the header only if the page asked for it.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.asynchronous = iscoroutinefunction(get_response)
        if self.asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.asynchronous:
            return self._answer(request)
        made = _offer_nonce(request)
        response = self.get_response(request)
        assert isinstance(response, HttpResponseBase)
        return _finish(response, made)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        made = _offer_nonce(request)
        response = self.get_response(request)
        assert not isinstance(response, HttpResponseBase)
        return _finish(await response, made)


def policy(nonce: str | None) -> str:
    inline = f" 'nonce-{nonce}'" if nonce else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{inline}",
            f"style-src 'self'{inline}",
            "img-src 'self' data:",  # the square code that an authenticator app scans
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action 'self'{_sign_on_origin()}",
        )
    )


def _sign_on_origin() -> str:
    """A log-in form that leads to the provider of single sign-on must be allowed to lead there."""
    parts = urlsplit(settings.OIDC_URL)
    return f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _offer_nonce(request: HttpRequest) -> list[str]:
    made: list[str] = []

    def make() -> str:
        made.append(secrets.token_urlsafe(16))
        return made[0]

    setattr(request, "csp_nonce", SimpleLazyObject(make))  # noqa: B010  (HttpRequest declares no such attribute)
    return made


def _finish(response: HttpResponseBase, made: list[str]) -> HttpResponseBase:
    response.headers.setdefault("Content-Security-Policy", policy(made[0] if made else None))
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response
