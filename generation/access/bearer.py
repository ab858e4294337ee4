"""`Authorization: Bearer <API token>`, for the views that accept it, and for sockets."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, JsonResponse
from django.utils.deprecation import MiddlewareMixin

from generation.access import tokens
from generation.access.models import ApiToken

View = TypeVar("View", bound=Callable[..., Any])


def credential(header: str | None) -> str | None:
    """The token in an Authorization header; None without one, or with another scheme."""
    scheme, _, token = (header or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def authenticate(header: str | None) -> ApiToken | None:
    """The token's row if the header carries a good one. Its `owner` is the user."""
    token = credential(header)
    return tokens.verify(token) if token else None


def accepts_tokens(view: View) -> View:
    """Marks a view that programs may call: with a token, and then without CSRF.

    Pages are not marked: a token must not be able to change a password or enter the admin.
    """
    setattr(view, "accepts_tokens", True)  # noqa: B010  (a callable declares no such attribute)
    return view


def refused() -> JsonResponse:
    message = "This API token is unknown, expired or revoked: make a new one."
    response = JsonResponse({"error": {"code": "unauthorized", "message": message}}, status=401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


class BearerMiddleware(MiddlewareMixin):
    """Logs in the token's owner for this one request. Stands before the CSRF check, and switches it off.

    A bad token is refused even if a login cookie came along: whoever sends a token means it.
    """

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> JsonResponse | None:
        header = request.headers.get("Authorization")
        if not getattr(view, "accepts_tokens", False) or credential(header) is None:
            return None
        row = authenticate(header)
        if row is None:
            return refused()
        owner = row.owner

        async def auser() -> Any:
            return owner

        request.user, request.auser = owner, auser
        setattr(request, "api_token", row)  # noqa: B010
        setattr(request, "_dont_enforce_csrf_checks", True)  # noqa: B010  (Django's own switch)
        return None
