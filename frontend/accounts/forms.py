"""The account library's forms in our words: a label that stays, a hint below, no placeholder."""

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp
from allauth.socialaccount import forms as single_sign_on
from django import forms

NEW_PASSWORD_HINT = "10 characters or more, not only digits, and not a common password."  # noqa: S105


class Worded(forms.BaseForm):
    """Gives each field named in `words` its label and its hint."""

    words: ClassVar[dict[str, tuple[str, str]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        for name, (label, hint) in self.words.items():
            if name in self.fields:
                self.fields[name].label = label
                self.fields[name].help_text = hint


class LoginForm(Worded, account.LoginForm):  # type: ignore[misc]
    words = {"login": ("Name or e-mail", ""), "password": ("Password", "")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(Worded, account.SignupForm):  # type: ignore[misc]
    field_order = ("username", "password1", "email")
    words = {
        "username": ("Name", "Letters, digits and @ . + - _"),
        "password1": ("Password", NEW_PASSWORD_HINT),
        "email": ("E-mail (optional)", "Without one, a forgotten password can't be reset."),
    }


class SingleSignOnSignupForm(Worded, single_sign_on.SignupForm):  # type: ignore[misc]
    words = {"username": ("Name", "Letters, digits and @ . + - _"), "email": ("E-mail (optional)", "")}


class ChangePasswordForm(Worded, account.ChangePasswordForm):  # type: ignore[misc]
    words = {
        "oldpassword": ("Current password", ""),
        "password1": ("New password", NEW_PASSWORD_HINT),
        "password2": ("New password again", ""),
    }


class SetPasswordForm(Worded, account.SetPasswordForm):  # type: ignore[misc]
    words = {"password1": ("New password", NEW_PASSWORD_HINT), "password2": ("New password again", "")}


class ResetPasswordForm(Worded, account.ResetPasswordForm):  # type: ignore[misc]
    words = {"email": ("E-mail", "")}


class ResetPasswordKeyForm(Worded, account.ResetPasswordKeyForm):  # type: ignore[misc]
    words = {"password1": ("New password", NEW_PASSWORD_HINT), "password2": ("New password again", "")}


class ReauthenticateForm(Worded, account.ReauthenticateForm):  # type: ignore[misc]
    words = {"password": ("Password", "")}


class EmailForm(Worded, account.AddEmailForm):  # type: ignore[misc]
    words = {"email": ("New e-mail", "")}


class CodeForm(Worded, second_factor.AuthenticateForm):  # type: ignore[misc]
    words = {"code": ("Code", "The six digits that your app shows, or one of your recovery codes.")}


class CodeAgainForm(Worded, second_factor.ReauthenticateForm):  # type: ignore[misc]
    words = {"code": ("Code", "The six digits that your app shows, or one of your recovery codes.")}


class FirstCodeForm(Worded, totp.ActivateTOTPForm):  # type: ignore[misc]
    words = {"code": ("Code", "The six digits that your app shows now.")}
