"""Where SafeLens differs from the account library's own ways: who may sign up, and the words."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from frontend.accounts import guests
from frontend.accounts.models import User

WRONG_LOGIN = "Name or password is wrong. Check both, or reset your password."
WRONG_CODE = "This code is wrong or too old. Type the one that your app shows now."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    error_messages = DefaultAccountAdapter.error_messages | {
        # The same for a wrong password and for a name that nobody has.
        "username_password_mismatch": WRONG_LOGIN,
        "email_password_mismatch": WRONG_LOGIN,
        "too_many_login_attempts": "Too many wrong attempts. Wait five minutes, then try again.",
        "enter_current_password": "This is not your password.",
        "incorrect_password": "This is not your password.",
        "username_taken": "This name is taken. Choose another.",
        "username_blacklisted": "This name is reserved. Choose another.",
        "duplicate_email": "This address is yours already.",
        "incorrect_code": WRONG_CODE,
        "rate_limited": "Too many attempts. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SAFELENS_SIGNUP == "open")

    def new_user(self, request: HttpRequest) -> User:
        """A guest who signs up stays the same account, with all that belongs to it."""
        return getattr(request, "guest", None) or User()

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Of two people who take the same name at the same moment, one gets it and one is told."""
        try:
            with transaction.atomic():
                if user.pk is not None and not guests.become_account(user):
                    messages.error(request, "You have signed up in another window: log in.")
                    raise ImmediateHttpResponse(redirect("account_login"))
                super().save_user(request, user, form, commit)
        except IntegrityError as error:
            messages.error(request, "Somebody took this name a moment ago. Choose another.")
            raise ImmediateHttpResponse(redirect("account_signup")) from error
        return user

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Behind the password, before a second step: for that one nobody may be logged in."""
        if str(request.session.get(SESSION_KEY)) != str(user.pk):
            guests.step_aside(request)
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def login(self, request: HttpRequest, user: User) -> None:
        guest = guests.remembered(request)
        super().login(request, user)
        request.session.pop(guests.REMEMBERED, None)
        if guest is not None and guest.pk != user.pk:
            guests.hand_over(guest, user)
            messages.info(request, "What you made as a guest is among your studies.")

    def logout(self, request: HttpRequest) -> None:
        """Single sign-on logs a guest out before it logs them in; what they made must not be lost there."""
        guest = request.user.pk if getattr(request, "signing_on", False) else None
        super().logout(request)
        if guest is not None:
            guests.remember(request, guest)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        setattr(request, "signing_on", guests.is_guest(request.user))  # noqa: B010

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Always: the provider decides who is let in, even where nobody may sign up by form."""
        return True


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of authenticator apps encrypted, so that a copy of the database opens no account.

    The key follows from SECRET_KEY: whoever changes that one must set up two-step log-in anew.
    """

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""  # no code matches an empty secret


def _cipher() -> Fernet:
    digest = hashlib.sha256(b"safelens second factor" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
