"""Appending. The chain can't fork: the head is moved by a guarded update, in the caller's transaction.

Between that update and the commit everybody else who appends waits. So append last in a transaction, keep it
short, and append all that you have at once. An entry appears if and only if the caller's transaction does,
and numbers appear in their order: who has seen number n has seen all before it.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from guard.audit.canonical import GENESIS, canonical, digest, link, storable
from guard.audit.models import Entry, Head, Text


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place. `text` is kept in a row of its own, which can be erased."""

    kind: str
    actor: str
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


def append(drafts: Sequence[Draft]) -> list[Entry]:
    """Adds the drafts to the chain, in their order, in the caller's transaction or one of its own."""
    if not drafts:
        return []
    bodies = [canonical(draft.body) for draft in drafts]  # fails before anything is locked
    texts = [storable(draft.text) for draft in drafts]
    salts = [secrets.token_bytes(16) if text else b"" for text in texts]
    with transaction.atomic():
        entries = _linked(drafts, bodies, texts, salts)
        Entry.objects.bulk_create(entries)
        Text.objects.bulk_create(
            Text(entry=entry, salt=salt, text=text, folded=folded(text))
            for entry, text, salt in zip(entries, texts, salts, strict=True)
            if text
        )
    return entries


def folded(text: str) -> str:
    """The form in which texts are searched."""
    return unicodedata.normalize("NFKC", text).casefold()


def head() -> Head:
    found, _ = Head.objects.get_or_create(id=1, defaults={"seq": 0, "hash": GENESIS})
    return found


def _linked(
    drafts: Sequence[Draft], bodies: Sequence[str], texts: Sequence[str], salts: Sequence[bytes]
) -> list[Entry]:
    """The entries at the chain's end, which nobody else extends until this transaction ends."""
    before = head()
    while True:
        entries = _entries(before, drafts, bodies, texts, salts)
        last = entries[-1]
        if Head.objects.filter(id=1, seq=before.seq, hash=before.hash).update(seq=last.seq, hash=last.hash):
            return entries
        # Somebody was faster. The second try holds the row from its reading on, and so is the last one.
        before = Head.objects.select_for_update().get(id=1)


def _entries(
    before: Head, drafts: Sequence[Draft], bodies: Sequence[str], texts: Sequence[str], salts: Sequence[bytes]
) -> list[Entry]:
    entries: list[Entry] = []
    seq, previous, at = before.seq, before.hash, _now()
    for draft, body, text, salt in zip(drafts, bodies, texts, salts, strict=True):
        seq += 1
        text_digest = digest(salt, text) if text else ""
        own = link(seq, at, draft.kind, draft.actor, draft.subject, body, text_digest, previous)
        entries.append(
            Entry(
                seq=seq,
                at=at,
                kind=draft.kind,
                actor=draft.actor,
                subject=draft.subject,
                body=body,
                text_digest=text_digest,
                previous=previous,
                hash=own,
            )
        )
        previous = own
    return entries


def _now() -> datetime:
    return timezone.now().astimezone(UTC)
