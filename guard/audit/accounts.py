"""When an account is removed, what its runs said goes with it, and an entry says so."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import pre_delete

from guard.audit import erasure


def connect() -> None:
    pre_delete.connect(_erase, sender=get_user_model(), dispatch_uid="audit.erasure")


def _erase(sender: Any, instance: Any, **_: Any) -> None:
    erasure.of_user(instance.pk, by=None)
