"""What takes somebody's right to be here away, told to their sockets in every web process within a moment.

Told are: an ended log-in session (log-out, password change), a changed or deleted account, a changed or
deleted token. A change that goes around all of them (a bulk update, another program) is found by the look
that every socket takes in each minute.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from generation.access import tokens
from generation.access.models import ApiToken
from generation.socket.roster import GROUP

SECONDS = 2.0  # that telling may take; a log-out never fails because nobody could be told

log = logging.getLogger(__name__)


def tell(user: int) -> None:
    """Every socket of this user looks whether it may stay, once the change is committed."""
    transaction.on_commit(lambda: _tell(user))


def connect() -> None:
    """Listens to the changes themselves; once, when the apps are ready."""
    people = get_user_model()
    post_delete.connect(_session_ended, Session, dispatch_uid="socket-session")
    post_save.connect(_person_changed, people, dispatch_uid="socket-person")
    post_delete.connect(_person_changed, people, dispatch_uid="socket-person")
    post_save.connect(_token_changed, ApiToken, dispatch_uid="socket-token")
    post_delete.connect(_token_changed, ApiToken, dispatch_uid="socket-token")
    tokens.revoked.connect(_token_revoked, dispatch_uid="socket-token")


def _session_ended(instance: Session, **_: Any) -> None:
    if instance.expire_date <= timezone.now():
        return  # swept up long after its sockets were closed
    user = instance.get_decoded().get(SESSION_KEY)
    if user is not None:
        tell(int(user))


def _person_changed(instance: Any, created: bool = False, **more: Any) -> None:
    only = more.get("update_fields")
    if not created and only != frozenset({"last_login"}):
        tell(instance.pk)


def _token_changed(instance: ApiToken, created: bool = False, **_: Any) -> None:
    if not created:
        tell(instance.owner_id)


def _token_revoked(owner: int, **_: Any) -> None:
    tell(owner)


def _tell(user: int) -> None:
    try:
        async_to_sync(_send)(user)
    except Exception as problem:
        log.warning("Sockets are not told of a revocation, and find it within a minute: %s", problem)


async def _send(user: int) -> None:
    message = {"type": "look", "user": user}
    await asyncio.wait_for(get_channel_layer().group_send(GROUP, message), SECONDS)
