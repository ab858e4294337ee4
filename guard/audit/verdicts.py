"""Verdicts: what a policy decided, as an entry of the chain and a row to look it up by."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from guard.audit import chain, drift, tape
from guard.audit.canonical import storable
from guard.audit.models import Entry, Verdict
from guard.audit.tape import Seen

PASS = "pass"  # noqa: S105  (no password)
ERROR = "error"


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict: of each alarm, and of each policy when the run ends (`final`, also without any alarm).

    `key` names it for ever: the same verdict, recorded again after an answer of the database was lost, is
    kept once. `tokens` is all that the policy saw up to here, what was dropped included. `detail` is a
    sentence of the program's: texts of people or models belong into `tokens` alone, which can be erased.
    """

    key: str
    run: str
    study: str
    owner: int | None
    policy: str
    version: int
    guard: str
    rule: str
    action: str
    score: float | None
    threshold: float | None
    step: int
    final: bool
    shadow: bool = False
    place: str = "stream"
    alarms: int = 0
    shared: int = 0  # how many of the tokens are the parent run's
    took: float = 0.0  # seconds
    held: int = 0
    released: int = 0
    dropped: int = 0
    retracted: int = 0
    detail: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    fingerprint: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    tokens: Sequence[Seen] = ()
    beginning: Mapping[str, Any] | None = None  # what the policies knew before the first of them


def record(judged: Sequence[Judged], actor: str = "engine") -> list[Verdict]:
    """Keeps the verdicts that aren't kept yet, in the caller's transaction; those that were new."""
    with transaction.atomic():
        known = set(Verdict.objects.filter(key__in=[one.key for one in judged]).values_list("key", flat=True))
        new = list({one.key: one for one in judged if one.key not in known}.values())
        rows = [_row(one) for one in new]
        entries = chain.append(
            [
                chain.Draft(
                    Entry.Kind.VERDICT,
                    actor,
                    f"run:{one.run}",
                    body_of(row),
                    "".join(token.text for token in one.tokens),
                )
                for one, row in zip(new, rows, strict=True)
            ]
        )
        for row, entry in zip(rows, entries, strict=True):
            row.entry, row.created = entry, entry.at
        Verdict.objects.bulk_create(rows)
        if rows:
            drift.count(entries[0].at, [one.tokens for one in new if one.final])
    return rows


def body_of(row: Verdict) -> dict[str, Any]:
    """What the chain says of it; `verify_audit` makes it again from the row."""
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "owner": row.owner_id,
        "tape": hashlib.sha256(bytes(row.tape)).hexdigest(),
    }


_PLAIN = (
    "key", "run", "study", "policy", "version", "place", "guard", "rule", "action", "shadow", "final",
    "alarms", "score", "threshold", "step", "shared", "took", "held", "released", "dropped", "retracted",
    "detail", "artifacts", "model", "fingerprint", "settings",
)  # fmt: skip


def _row(one: Judged) -> Verdict:
    return Verdict(
        **{name: getattr(one, name) for name in _PLAIN if name not in _CLEANED},
        owner_id=one.owner,
        score=_number(one.score),
        threshold=_number(one.threshold),
        took=_number(one.took) or 0.0,
        detail=storable(one.detail)[:300],
        artifacts=dict(one.artifacts),
        settings={name: value for name, value in one.settings.items() if not _is_text(name, value)},
        tape=tape.encode(one.tokens, one.beginning),
    )


_CLEANED = {"score", "threshold", "took", "detail", "artifacts", "settings"}


def _is_text(name: str, value: object) -> bool:
    """What a person wrote (the prefix, stop words) never gets into the chain: it couldn't be erased."""
    return isinstance(value, str | list | dict) and name != "model"


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
