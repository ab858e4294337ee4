"""When an account is removed, what its runs said goes with it, and an entry says so."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, pre_delete

from guard.audit import erasure, staff
from guard.audit.models import Text


def connect() -> None:
    pre_delete.connect(_remember, sender=get_user_model(), dispatch_uid="audit.remember")
    post_delete.connect(_erase, sender=get_user_model(), dispatch_uid="audit.erase")


def _remember(sender: Any, instance: Any, **_: Any) -> None:
    """Which texts: once the account is gone, its verdicts name nobody."""
    instance.audited_texts = list(erasure.written_by(instance.pk).values_list("pk", flat=True))


def _erase(sender: Any, instance: Any, **_: Any) -> None:
    """Only now, for the chain's head is held until the removal's end: all its other work is done."""
    subject = staff.user(instance.pk)
    numbers = instance.audited_texts
    for first in range(0, len(numbers), erasure.AT_ONCE):
        some = numbers[first : first + erasure.AT_ONCE]
        erasure.erase(Text.objects.filter(pk__in=some), by=None, subject=subject)
