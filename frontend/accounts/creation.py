"""Making an account without the sign-up form: on the command line, and on the very first start."""

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from frontend.accounts.models import User


def create(name: str, password: str, *, email: str = "", staff: bool = False) -> User:
    """The new user, held to the rules of the sign-up form; a `ValidationError` says which one fails.

    The address counts as proven: whoever can run commands here vouches for it.
    """
    user = User(username=name, email=email, is_staff=staff, is_superuser=staff)
    if User.objects.filter(username__iexact=name).exists():
        raise ValidationError(f"There is an account {name!r} already: choose another name.")
    _check(user, name, email)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError(f"The password is too weak: {_joined(error)}") from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            if email:
                EmailAddress.objects.create(user=user, email=email.lower(), verified=True, primary=True)
    except IntegrityError as error:
        raise ValidationError(f"There is an account {name!r} already: choose another name.") from error
    return user


def _check(user: User, name: str, email: str) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        if "username" in error.message_dict:
            raise ValidationError(
                f"{name[:60]!r} can't be a name: take 1 to 150 letters, digits and @ . + - _ of your choice."
            ) from error
        raise ValidationError(f"{email[:60]!r} is no e-mail address.") from error


def _joined(error: ValidationError) -> str:
    return " ".join(message.rstrip(".") + "." for message in error.messages)
