"""Drafts and published versions. Publishing is the only way a version gets its number."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from guard import artifacts
from guard.audit import staff
from guard.models import Policy, PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.reading import read
from guard.policy.spec import Spec


class Unpublishable(Exception):
    """The message is one sentence for a person; `field` is what is wrong, where that is a field."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def edit(policy: Policy, spec: Spec) -> PolicyVersion:
    """The policy's draft, which says this now; there is one at a time."""
    row, _ = PolicyVersion.objects.update_or_create(
        policy=policy, number=None, defaults={"spec": spec.as_json()}
    )
    return row


def publish(policy: Policy, by: int | None = None) -> PolicyVersion:
    """Makes the draft the newest version. Raises Unpublishable, with nothing changed.

    Of two who publish at once one does it. The version holds the very artifacts that its guards' names stand
    for now: training one of them anew changes no published policy.
    """
    with transaction.atomic():
        draft = PolicyVersion.objects.select_for_update().filter(policy=policy, number=None).first()
        if draft is None:
            raise Unpublishable(f"There is no draft of {policy} to publish.")
        pinned = _pinned(_readable(draft.spec))
        last = PolicyVersion.objects.filter(policy=policy).aggregate(last=Max("number"))["last"] or 0
        mine = PolicyVersion.objects.filter(pk=draft.pk, number=None)
        changed = {"number": last + 1, "published": timezone.now(), "by": by, "artifacts": pinned}
        if not mine.update(**changed):
            raise Unpublishable(f"Somebody else has just published {policy}.")
        published = PolicyVersion.objects.select_related("policy").get(pk=draft.pk)
        said = {**published.spec, "artifacts": pinned}
        staff.published(by, policy.name, last + 1, said)
    return published


def _readable(written: Any) -> Spec:
    try:
        spec = read(written)
    except SpecBroken as problem:
        raise Unpublishable(str(problem), problem.field) from None
    if not spec.is_ready:
        raise Unpublishable("Its threshold isn't known yet: calibrate it first, or write one.", "evidence")
    return spec


def _pinned(spec: Spec) -> dict[str, str]:
    pinned = {}
    for evidence in spec.evidence:
        found = artifacts.newest(evidence.name)
        if found is None:
            raise Unpublishable(f"There is no guard named {evidence.name} here: import it first.", "evidence")
        pinned[evidence.name] = found.sha256
    return pinned
