"""Keeping, overwriting and removing presets: each user's own, under names of their choice."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction

from frontend.presets.models import Preset
from generation.limits import Refused
from generation.protocol import Code
from generation.study_changes import one_line

MOST: Final = 50  # presets of one user
LONGEST_NAME: Final = 60
LONGEST_TEXT: Final = 10_000
NAMES: Final = frozenset(
    {"max_new_tokens", "temperature", "k", "top_p", "min_p", "delay", "seed", "tau"}
    | {"prefix", "system", "guard", "model"}
)


def of(owner: int) -> list[dict[str, Any]]:
    found = Preset.objects.filter(owner=owner)
    return [{"name": one.name, "values": one.values} for one in found]


def keep(owner: int, name: object, values: object) -> None:
    """A new one, or another content for the one of this name. Raises Refused.

    Values are kept as they were typed: what is wrong with them is told where they are used.
    """
    name = one_line(name) if isinstance(name, str) else ""
    if not name or len(name) > LONGEST_NAME:
        raise Refused(Code.INVALID, f"A preset needs a name of 1 to {LONGEST_NAME} characters.", "name")
    kept = _checked(values)
    with transaction.atomic():
        # One at a time for each user, so that two windows can't both take the last place.
        get_user_model().objects.select_for_update().get(pk=owner)
        if Preset.objects.filter(owner=owner, name=name).update(values=kept):
            return
        if Preset.objects.filter(owner=owner).count() >= MOST:
            raise Refused(Code.INVALID, f"You have {MOST} presets: delete one first.", "name")
        Preset.objects.create(owner_id=owner, name=name, values=kept)


def remove(owner: int, name: object) -> bool:
    """Whether there was one of this name."""
    return isinstance(name, str) and bool(Preset.objects.filter(owner=owner, name=one_line(name)).delete()[0])


def move(old: int, new: int) -> None:
    """To another account, whose own presets of the same names stay as they are."""
    taken = Preset.objects.filter(owner=new).values_list("name", flat=True)
    Preset.objects.filter(owner=old).exclude(name__in=list(taken)).update(owner=new)


def _checked(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or not all(name in NAMES for name in values):
        raise Refused(Code.INVALID, "These aren't the settings of the page: load it again.", "values")
    kept: dict[str, str] = {}
    for name, value in values.items():
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise Refused(Code.INVALID, "These aren't the settings of the page: load it again.", "values")
        kept[name] = value.encode("utf-8", "ignore").decode().replace("\0", "")
    return kept
