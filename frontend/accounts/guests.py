"""Guests: accounts without a password, for whoever wants to try first.

Whoever signs up keeps the account, and with it all studies; to whoever logs in to another account the studies
are given. A guest never gets more than others: see `generation.limits`.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth import login as django_login
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from frontend.accounts.models import User
from frontend.presets import keeping as presets
from generation import ownership

BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
REMEMBERED: Final = "guest_before"
PATIENCE: Final = 900.0  # seconds in which a log-in that a guest began can be finished
# Pages that need a password, or an address of one's own.
FOR_ACCOUNTS: Final = frozenset(
    {
        "account_change_password",
        "account_set_password",
        "account_email",
        "account_reauthenticate",
        "socialaccount_connections",
        "tokens",
    }
)


def is_guest(user: Any) -> bool:
    return bool(user.is_authenticated and user.guest_since is not None)


def begin(request: HttpRequest) -> User:
    """A new guest, logged in with this request; or the one that a log-in here left waiting."""
    guest = remembered(request)
    if guest is None:
        guest = User(username=f"guest-{secrets.token_hex(5)}", guest_since=timezone.now())
        guest.set_unusable_password()
        guest.save()
    request.session.pop(REMEMBERED, None)
    django_login(request, guest, backend=BACKEND)
    request.session.set_expiry(timedelta(days=settings.SAFELENS_GUEST_DAYS))
    return guest


def step_aside(request: HttpRequest) -> None:
    """A guest proves to have an account: logged out, and remembered until that log-in is complete."""
    key = request.session.get(SESSION_KEY)
    if key is not None and User.objects.filter(pk=key, guest_since__isnull=False).exists():
        for name in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY):
            request.session.pop(name, None)
        request.user = AnonymousUser()
        remember(request, int(key))


def remember(request: HttpRequest, guest: int) -> None:
    request.session[REMEMBERED] = [guest, time.time()]


def remembered(request: HttpRequest) -> User | None:
    """The guest who was here a moment ago, in this browser."""
    match request.session.get(REMEMBERED):
        case [int(guest), float(moment)] if 0 <= time.time() - moment < PATIENCE:
            return User.objects.filter(pk=guest, guest_since__isnull=False, is_active=True).first()
    return None


def become_account(guest: User) -> bool:
    """In the transaction that gives it a name and a password. False: it isn't a guest any more."""
    guest.guest_since = None
    return bool(User.objects.filter(pk=guest.pk, guest_since__isnull=False).update(guest_since=None))


def hand_over(guest: User, user: User) -> None:
    """All that the guest made is the user's. The empty account stays, closed: the audit names it."""
    with transaction.atomic():
        mine = User.objects.select_for_update().filter(pk=guest.pk, guest_since__isnull=False)
        if guest.pk == user.pk or mine.first() is None:
            return
        ownership.move(guest.pk, user.pk)
        presets.move(guest.pk, user.pk)
        closed = User.objects.get(pk=guest.pk)
        closed.is_active, closed.guest_since = False, None
        closed.save(update_fields=["is_active", "guest_since"])


def purge() -> int:
    """Removes guests whose days are over, with all that they made; how many."""
    over = timezone.now() - timedelta(days=settings.SAFELENS_GUEST_DAYS)
    gone = 0
    for key in list(User.objects.filter(guest_since__lt=over).values_list("pk", flat=True)):
        with transaction.atomic():
            # Asked again, and locked: one who signs up at this moment stays.
            guest = User.objects.select_for_update().filter(pk=key, guest_since__lt=over).first()
            if guest is not None:
                guest.delete()
                gone += 1
    return gone


class GuestMiddleware(MiddlewareMixin):
    """Leads guests from the pages of an account to where they get one."""

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseRedirect | None:
        match = request.resolver_match
        name = match.url_name if match else None
        if name is None or not (name in FOR_ACCOUNTS or name.startswith("mfa_")):
            return None
        return redirect("account_signup") if is_guest(request.user) else None
