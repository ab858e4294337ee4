"""API tokens: 256 random bits, shown once, kept as a digest.

A digest of random bits needs no slow hash: there is nothing to guess. It is looked up by an index and then
compared in constant time, so no answer's duration tells how much of a token was right.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone

from generation.access.models import ApiToken

PREFIX = "safelens_"
LENGTH = len(PREFIX) + 43
NOTED_EVERY = timedelta(minutes=1)
"""`last_used` is at most this old while a token is in use: not every request writes."""

revoked = Signal()
"""Sent with `owner`, a user's key, when tokens of theirs have been revoked."""


def make(owner: AbstractBaseUser, name: str, expires: datetime | None = None) -> tuple[ApiToken, str]:
    """The new row and the token, which nobody can ever read again."""
    token = PREFIX + secrets.token_urlsafe(32)
    return ApiToken.objects.create(
        owner_id=owner.pk, name=name, digest=_digest(token), expires=expires
    ), token


def verify(token: str) -> ApiToken | None:
    """The row of a token that is neither revoked nor expired, and whose owner may log in."""
    if len(token) != LENGTH or not token.startswith(PREFIX) or not token.isascii():
        return None
    now = timezone.now()
    digest = _digest(token)
    row = (
        ApiToken.objects.select_related("owner")
        .filter(Q(expires=None) | Q(expires__gt=now), digest=digest, revoked=None, owner__is_active=True)
        .first()
    )
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    stale = Q(last_used=None) | Q(last_used__lt=now - NOTED_EVERY)
    if row.last_used is None or row.last_used < now - NOTED_EVERY:
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used=now)
    return row


def revoke(owner: AbstractBaseUser, pk: int) -> bool:
    """Whether it was the owner's and still good. Nobody can revoke another's."""
    done = ApiToken.objects.filter(pk=pk, owner_id=owner.pk, revoked=None).update(revoked=timezone.now()) == 1
    if done:
        revoked.send(ApiToken, owner=owner.pk)
    return done


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
