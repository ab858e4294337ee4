"""Who gets in, and who may stay. Every question costs one or two tiny queries."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.http import HttpRequest, parse_cookie
from django.utils import timezone

from generation.access import bearer
from generation.access.models import ApiToken
from generation.protocol import Close
from generation.socket.origin import header, is_own


class Denied(Exception):
    def __init__(self, code: Close) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user, and by what they came in: a log-in session's key, or a token's row."""

    user: int
    name: str
    session: str = ""
    token: int = 0


def admit(scope: dict[str, Any]) -> Visitor:
    """Raises Denied.

    Whoever sends a token means it: a bad one is refused even beside a good cookie. A browser sends the cookie
    to us from any page, so a cookie counts only with our own Origin. A token in the address isn't looked at.
    """
    authorization = header(scope, b"authorization")
    if bearer.credential(authorization) is not None:
        row = bearer.authenticate(authorization)
        if row is None:
            raise Denied(Close.NOT_LOGGED_IN)
        return Visitor(row.owner_id, row.owner.get_username(), token=row.pk)
    origin = header(scope, b"origin")
    session = parse_cookie(header(scope, b"cookie") or "").get(settings.SESSION_COOKIE_NAME, "")
    if (origin is not None or session) and not is_own(origin or "", scope):
        raise Denied(Close.WRONG_ORIGIN)
    user = _user_of(session)
    if user is None:
        raise Denied(Close.NOT_LOGGED_IN)
    return Visitor(user.pk, user.get_username(), session=session)


def may_stay(visitor: Visitor) -> bool:
    """Whether what they came in by still holds now: nothing of it is remembered from before."""
    if visitor.token:
        unexpired = Q(expires=None) | Q(expires__gt=timezone.now())
        good = ApiToken.objects.filter(unexpired, pk=visitor.token, revoked=None, owner__is_active=True)
        return good.exists()
    user = _user_of(visitor.session)
    return user is not None and user.pk == visitor.user


def _user_of(session: str) -> Any:
    """The active user who is logged in by this session, its row read anew; None for nobody."""
    if not session:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
    user = get_user(request)
    return user if user.is_authenticated else None
