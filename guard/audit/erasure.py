"""Erasing texts. Only their own rows go: digests and all else stay, so the chain still verifies.

An entry names the entries whose texts are gone, so that a text which is missing without one is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from guard.audit import chain, staff
from guard.audit.models import Entry, Text

AT_ONCE = 500


def of_user(user: int, by: int | None) -> int:
    """All that this user's runs said, and what the user wrote beside labels; how many texts went."""
    wrote = written_by(user)
    return erase(wrote, by, staff.user(user))


def of_runs(runs: Sequence[str], by: int | None) -> int:
    """What these runs said: they were deleted, or are too old."""
    gone = 0
    for first in range(0, len(runs), AT_ONCE):
        some = runs[first : first + AT_ONCE]
        gone += erase(Text.objects.filter(entry__verdict__run__in=some), by, f"runs:{len(some)}")
    return gone


def written_by(user: int) -> QuerySet[Text]:
    return Text.objects.filter(Q(entry__verdict__owner=user) | Q(entry__actor=staff.user(user)))


def erase(texts: QuerySet[Text], by: int | None, subject: str) -> int:
    """In portions, each with its own entry and transaction: nobody who appends waits for long."""
    gone = 0
    while True:
        with transaction.atomic():
            numbers = sorted(texts.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
            if not numbers:
                return gone
            removed, _ = Text.objects.filter(pk__in=numbers).delete()
            if removed:
                body = {"texts": numbers}
                chain.append([chain.Draft(Entry.Kind.ERASURE, staff.user(by), subject, body)])
            gone += removed


def told(entries: Iterable[Entry]) -> bytearray:
    """One bit an entry, set where an erasure tells that its text is gone."""
    bits = bytearray()
    for entry in entries:
        for number in json.loads(entry.body)["texts"]:
            if 0 < number < entry.seq:
                if number // 8 >= len(bits):
                    bits.extend(bytes(number // 8 - len(bits) + 1))
                bits[number // 8] |= 1 << number % 8
    return bits
