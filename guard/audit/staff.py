"""What members of staff did, as entries: who, what, with what. Each is kept with the deed or not at all:
call these in the deed's transaction, last."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from guard.audit import chain
from guard.audit.canonical import canonical
from guard.audit.models import Entry, Mark, Verdict


def user(number: int | None) -> str:
    """How the chain names a person: by number alone, which says nothing once the account is gone. Nobody in
    particular is the program: a command, or the clock."""
    return f"user:{number}" if number is not None else "program"


def published(by: int | None, policy: str, version: int, spec: Mapping[str, Any]) -> Entry:
    """A policy's new version, with the digest of all that it says."""
    said = hashlib.sha256(canonical(spec).encode()).hexdigest()
    body = {"policy": policy, "version": version, "spec": said}
    return _one(Entry.Kind.PUBLISH, by, f"policy:{policy}"[:120], body)


def assigned(by: int | None, policy: str, whom: str, model: str, asked: bool, ended: bool = False) -> Entry:
    """Whom a policy judges from now on, or no longer. `whom` holds no name that could be erased."""
    body = {"whom": whom, "model": model, "asked": asked, "ended": ended}
    return _one(Entry.Kind.ASSIGN, by, f"policy:{policy}"[:120], body)


def viewed(by: int | None, run: str) -> Entry:
    """Somebody else's prompt and answer were shown."""
    return _one(Entry.Kind.VIEW, by, f"run:{run}", {})


def exported(by: int | None, form: str, filters: Mapping[str, Any], rows: int, text: bool) -> Entry:
    """Verdicts left as a file. A search word among the filters is told as given or not, for it is text."""
    body = {"form": form, "filters": dict(filters), "rows": rows, "text": text}
    return _one(Entry.Kind.EXPORT, by, "verdicts", body)


def labelled(by: int | None, subject: str, body: Mapping[str, Any], note: str = "") -> Entry:
    return _one(Entry.Kind.LABEL, by, subject, body, note)


def marked(by: int, verdict: Verdict, opinion: str) -> Entry:
    """A true or a false alarm: a person's latest word counts, every word stays on record."""
    opinion = Mark.Opinion(opinion).value
    with transaction.atomic():
        Mark.objects.update_or_create(verdict=verdict, by_id=by, defaults={"opinion": opinion})
        return labelled(by, f"run:{verdict.run}", {"verdict": verdict.pk, "opinion": opinion})


def _one(kind: str, by: int | None, subject: str, body: Mapping[str, Any], text: str = "") -> Entry:
    return chain.append([chain.Draft(kind, user(by), subject, body, text)])[0]
