"""Combinations of settings that can't work or aren't safe. Each has an id, and a hint that says what to do.

Those marked `deploy` show in `manage.py check --deploy` alone: on one's own machine all is well without.
"""

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from safelens_site import env

PREFIX = "SAFELENS_"


@register(Tags.compatibility)
def known_variables(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    known = env.TABLE.keys() | {f"{name}_FILE" for name, variable in env.TABLE.items() if variable.from_file}
    return [
        Warning(
            f"{name} is set, but SafeLens has no such setting.",
            hint="Look for a typing mistake: `manage.py settings_table` lists them all.",
            id="safelens.W001",
        )
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known
    ]


@register(Tags.compatibility)
def single_sign_on(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    given = (settings.OIDC_URL, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    if all(given) or not any(given):
        return []
    return [
        Error(
            "Single sign-on is set up by half.",
            hint="Set SAFELENS_OIDC_URL, _CLIENT_ID and _CLIENT_SECRET together, or none of them.",
            id="safelens.E002",
        )
    ]


@register(Tags.compatibility)
def precision(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    if settings.SAFELENS_DEVICE != "cpu" or settings.SAFELENS_DTYPE != "float16":
        return []
    return [
        Error(
            "float16 is no precision for the processor: many models overflow in it.",
            hint="Set SAFELENS_DTYPE to auto, float32 or bfloat16, or SAFELENS_DEVICE to cuda.",
            id="safelens.E003",
        )
    ]


@register(Tags.compatibility)
def model_server(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    if not settings.SAFELENS_ENGINE_URL:
        if not settings.SAFELENS_ENGINE_KEY:
            return []
        return [
            Warning(
                "SAFELENS_ENGINE_KEY is set, but there is no server to show it to.",
                hint="Set SAFELENS_ENGINE_URL too, or neither.",
                id="safelens.W005",
            )
        ]
    names = ("SAFELENS_DETERMINISTIC", "SAFELENS_COMPILE", "SAFELENS_INT8")
    asked = [name for name in names if getattr(settings, name)]
    if not asked:
        return []
    return [
        Error(
            f"{' and '.join(asked)} can't be kept: the model is computed by a server of its own.",
            hint="Unset it, or SAFELENS_ENGINE_URL.",
            id="safelens.E004",
        )
    ]


@register(Tags.database, deploy=True)
def forms(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    """PostgreSQL and Redis come together: several processes need both."""
    if settings.DATABASE_URL and not settings.REDIS_URL:
        return [
            Error(
                "PostgreSQL is set, but the bus is the one inside a process: no engine would hear of a run.",
                hint="Set REDIS_URL as well.",
                id="safelens.E010",
            )
        ]
    if settings.REDIS_URL and not settings.DATABASE_URL:
        return [
            Error(
                "Redis is set, but the database is SQLite, which one machine alone can write.",
                hint="Set DATABASE_URL as well.",
                id="safelens.E011",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def exposure(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DEBUG and not settings.EMBEDDED:
        found.append(
            Error(
                "Errors are shown in full, settings and code included.",
                hint="Leave SAFELENS_DEBUG unset in production.",
                id="safelens.E020",
            )
        )
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 10:
        found.append(
            Error(
                "SECRET_KEY is short or simple enough to be guessed.",
                hint="Set it to 50 random characters or more: "
                'python -c "import secrets; print(secrets.token_urlsafe(64))"',
                id="safelens.E021",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "The site answers under any name, so a stranger can put his own into your mails.",
                hint="Name your hosts in SAFELENS_URL and SAFELENS_HOSTS instead of `*`.",
                id="safelens.E022",
            )
        )
    return found


@register(Tags.security, deploy=True)
def encryption(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    if not settings.HTTPS:
        return [
            Warning(
                "Passwords and cookies cross the network in the clear.",
                hint="Set SAFELENS_URL to the site's https:// address.",
                id="safelens.W023",
            )
        ]
    if not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return [
            Error(
                "The site's address is HTTPS, but no proxy speaks it: every page redirects to itself.",
                hint="Set SAFELENS_PROXIES to the number of reverse proxies in front, 1 for most sites.",
                id="safelens.E024",
            )
        ]
    return []


@register(Tags.compatibility, deploy=True)
def mail(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    if settings.MAIL_URL or settings.SAFELENS_SIGNUP == "closed":
        return []
    return [
        Warning(
            "People can sign up, but a forgotten password can't be reset: mail only goes to the console.",
            hint="Set SAFELENS_MAIL_URL, or SAFELENS_SIGNUP to closed.",
            id="safelens.W030",
        )
    ]
