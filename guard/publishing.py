"""Drafts and published versions. Publishing is the only way a version gets its number."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from guard import artifacts, standing
from guard.audit import staff
from guard.models import Artifact, Policy, PolicyVersion
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
    cards = {each.name: _card(each.name, "evidence") for each in spec.evidence}
    for name, (_, card) in cards.items():
        if card["kind"] == "direction":
            raise Unpublishable(f"{name} is a direction to steer by: it judges nothing.", "evidence")
    for rung in spec.ladder:
        if rung.kind == "steer":
            for name in [rung.direction] if rung.direction else [each.name for each in spec.at("stream")]:
                cards.setdefault(name, _card(name, "ladder"))
                _check_steering(name, cards[name][1], rung.layer, [cards[e.name] for e in spec.at("stream")])
    return {name: row.sha256 for name, (row, _) in cards.items()}


Known = tuple[Artifact, dict[str, Any]]  # with its card


def _card(name: str, field: str) -> Known:
    found = artifacts.newest(name)
    if found is None:
        what = "guard" if field == "evidence" else "guard or direction"
        raise Unpublishable(f"There is no {what} named {name} here: import it first.", field)
    return found, found.card


def _check_steering(name: str, card: dict[str, Any], asked: int | None, readers: list[Known]) -> None:
    """What reads above the layer that is steered would judge the steering, and not the text."""
    if len(card["layers"]) != 1:
        raise Unpublishable(
            f"The guard {name} reads several layers, so it gives no direction to steer by.", "ladder"
        )
    count = card["belongs"]["layers"]
    layer = standing.from_front(card["layers"][0] if asked is None else asked, count)
    if not 0 <= layer <= count:
        raise Unpublishable(f"There is no layer {asked} to steer: this model has {count}.", "ladder")
    for row, other in readers:
        if other["belongs"]["fingerprint"] != card["belongs"]["fingerprint"]:
            raise Unpublishable(f"{name} was made for another model than the guard {row.name}.", "ladder")
        highest = max(standing.from_front(one, count) for one in other["layers"])
        if highest > layer:
            raise Unpublishable(
                f"The guard {row.name} reads layer {highest}: steering at layer {layer} would change what it"
                f" judges. Steer at {highest} or above.",
                "ladder",
            )
