"""Goes over the whole chain and says where it first breaks. Reads a few hundred entries at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Max

from guard.audit import canonical, chain, erasure, protection, verdicts
from guard.audit.models import Entry, Text, Verdict

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Report:
    entries: int
    head: str
    problem: str = ""  # one sentence; empty: all is well


def verify(since: str = "", told: Callable[[int], None] = lambda entries: None) -> Report:
    """`since` is a head that was noted earlier, as `seq:hash`: the chain must still go through it.

    Without one, a chain whose end was cut off together with its head looks whole. Entries that are
    appended meanwhile are left to the next time.
    """
    head = chain.head()
    noted = _noted(since)
    gone = erasure.told(Entry.objects.filter(kind=Entry.Kind.ERASURE, seq__lte=head.seq).iterator(AT_ONCE))
    before, count = Entry(seq=0, hash=canonical.GENESIS), 0
    entries = Entry.objects.select_related("text", "verdict").filter(seq__lte=head.seq).order_by("seq")
    for entry in entries.iterator(AT_ONCE):
        problem = _problem(entry, before, gone)
        if entry.seq == noted[0] and entry.hash != noted[1]:
            problem = problem or f"Entry {entry.seq} isn't the one that was noted as the head."
        if problem:
            return Report(count, str(head), problem)
        before, count = entry, count + 1
        if count % 10_000 == 0:
            told(count)
    return Report(count, str(head), _end(before, head.seq, head.hash, noted[0]))


def _problem(entry: Entry, before: Entry, gone: bytearray) -> str:
    name = f"Entry {entry.seq}"
    if entry.seq != before.seq + 1:
        return f"Entry {before.seq + 1} is missing."
    if entry.previous != before.hash:
        return f"{name} doesn't follow entry {before.seq}: it names another hash before it."
    own = canonical.link(
        entry.seq, entry.at, entry.kind, entry.actor, entry.subject, entry.body, entry.text_digest,
        entry.previous,
    )  # fmt: skip
    if own != entry.hash:
        return f"{name} was changed: it doesn't have the hash that it claims."
    return _text_problem(name, entry, gone) or _verdict_problem(name, entry)


def _text_problem(name: str, entry: Entry, gone: bytearray) -> str:
    text = _related(entry, "text")
    if not isinstance(text, Text):
        erased = entry.seq // 8 < len(gone) and gone[entry.seq // 8] & 1 << entry.seq % 8
        if entry.text_digest and not erased:
            return f"The text of entry {entry.seq} is missing, and no erasure tells of it."
        return ""
    if canonical.digest(bytes(text.salt), text.text) != entry.text_digest:
        return f"The text of {name[0].lower()}{name[1:]} was changed."
    if chain.folded(text.text) != text.folded:
        return f"The text by which {name[0].lower()}{name[1:]} is found was changed."
    return ""


def _verdict_problem(name: str, entry: Entry) -> str:
    row = _related(entry, "verdict")
    if not isinstance(row, Verdict):
        return f"The verdict of entry {entry.seq} is missing." if entry.kind == Entry.Kind.VERDICT else ""
    said = json.loads(entry.body)
    found = verdicts.body_of(row)
    if row.owner_id is None:
        found["owner"] = said.get("owner")  # the account is gone
    if row.created != entry.at or canonical.canonical(found) != entry.body:
        return f"The verdict of entry {entry.seq} was changed."
    return ""


def _end(last: Entry, seq: int, own: str, noted: int) -> str:
    if last.seq != seq:
        return f"Entry {last.seq + 1} is missing: the head says that there are {seq}."
    if last.hash != own:
        return f"The head doesn't have the hash of entry {seq}."
    if noted > seq:
        return f"Entry {seq + 1} is missing: entry {noted} was noted as the head."
    # In this order: whoever appends meanwhile moves the head in the same moment.
    newest = Entry.objects.aggregate(newest=Max("seq"))["newest"] or 0
    now = chain.head().seq
    if newest > now:
        return f"Entry {now + 1} stands behind the head."
    if protection.missing(connection):
        return "The chain is whole, but the database doesn't refuse changes: its triggers are missing."
    return ""


def _related(entry: Entry, name: str) -> object:
    try:
        return getattr(entry, name)
    except ObjectDoesNotExist:
        return None


def _noted(since: str) -> tuple[int, str]:
    seq, _, own = since.partition(":")
    if not since:
        return -1, ""
    if not seq.isdecimal() or len(own) != len(canonical.GENESIS):
        raise ValueError("A head looks like 12:0f3a…, with 64 hexadecimal digits.")
    return int(seq), own
