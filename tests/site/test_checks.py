from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.test import override_settings

from safelens_site import checks

LONG_KEY = "qJ8#kd0Lz!7Vw2Rm5Xt9Bn3Yc6Hs1Gf4Pa8Ue0Io2Ck7Dj5Lv9"
GOOD: dict[str, Any] = {
    "DATABASE_URL": "postgresql://x@db/x",
    "REDIS_URL": "redis://redis",
    "EMBEDDED": False,
    "DEBUG": False,
    "SECRET_KEY": LONG_KEY,
    "ALLOWED_HOSTS": ["lens.example.org"],
    "HTTPS": True,
    "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
    "MAIL_URL": "smtps://mail",
    "SAFELENS_SIGNUP": "open",
    "OIDC_URL": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "SAFELENS_DEVICE": "auto",
    "SAFELENS_DTYPE": "auto",
    "SAFELENS_ENGINE_URL": "http://gpu:8000",
    "SAFELENS_ENGINE_KEY": "sesame",
    "SAFELENS_DETERMINISTIC": False,
    "SAFELENS_COMPILE": False,
    "SAFELENS_INT8": False,
}


def found() -> list[CheckMessage]:
    ours = (
        checks.single_sign_on,
        checks.precision,
        checks.model_server,
        checks.forms,
        checks.exposure,
        checks.encryption,
        checks.mail,
    )
    return [message for check in ours for message in check(None)]


def test_a_good_production_site_has_nothing_to_mend() -> None:
    with override_settings(**GOOD):
        assert found() == []


@pytest.mark.parametrize(
    ("id", "changed"),
    [
        ("safelens.E002", {"OIDC_URL": "https://id.example.org"}),
        ("safelens.E003", {"SAFELENS_DEVICE": "cpu", "SAFELENS_DTYPE": "float16"}),
        ("safelens.E004", {"SAFELENS_DETERMINISTIC": True}),
        ("safelens.E004", {"SAFELENS_COMPILE": True, "SAFELENS_INT8": True}),
        ("safelens.W005", {"SAFELENS_ENGINE_URL": ""}),
        ("safelens.E010", {"REDIS_URL": ""}),
        ("safelens.E011", {"DATABASE_URL": ""}),
        ("safelens.E020", {"DEBUG": True}),
        ("safelens.E021", {"SECRET_KEY": "short"}),
        ("safelens.E021", {"SECRET_KEY": "ab" * 40}),
        ("safelens.E022", {"ALLOWED_HOSTS": ["*"]}),
        ("safelens.W023", {"HTTPS": False}),
        ("safelens.E024", {"ALLAUTH_TRUSTED_PROXY_COUNT": 0}),
        ("safelens.W030", {"MAIL_URL": ""}),
    ],
)
def test_a_bad_combination_has_an_id_and_a_hint(id: str, changed: dict[str, Any]) -> None:
    with override_settings(**(GOOD | changed)):
        messages = found()
    assert [message.id for message in messages] == [id]
    assert messages[0].hint


def test_closed_sign_up_needs_no_mail_server() -> None:
    with override_settings(**(GOOD | {"MAIL_URL": "", "SAFELENS_SIGNUP": "closed"})):
        assert found() == []
