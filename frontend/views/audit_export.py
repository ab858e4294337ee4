"""Verdicts as a file: streamed, so that a million of them need no memory, and noted in the audit."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from frontend.streaming import streamed
from frontend.views.audit_door import number_of, staff_only
from frontend.views.audit_forms import FilterForm
from guard.audit import feed, staff
from guard.audit.models import Verdict

COLUMNS = (
    "entry", "hash", "at", "run", "study", "user", "policy", "version", "place", "guard", "rule", "action",
    "shadow", "final", "alarms", "score", "threshold", "step", "took_seconds", "held", "released", "dropped",
    "retracted", "detail", "model", "fingerprint", "artifacts", "settings",
)  # fmt: skip
# What a spreadsheet would take for a formula, or for the end of a cell's text.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@staff_only
@require_POST
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The entry comes first: what was begun to be sent is on record, even if it is broken off."""
    filters = FilterForm(request.GET)
    if not filters.is_valid():
        return render(request, "audit/feed.html", {"form": filters, "here": "feed"}, status=400)
    wanted, text = filters.wanted(), bool(request.POST.get("with_text"))
    staff.exported(number_of(request), form, wanted.told(), feed.found(wanted).count(), text)
    lines = (_csv if form == "csv" else _jsonl)(wanted, text)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl"
    return streamed(request, lines, kind, f"safelens-verdicts-{timezone.now():%Y-%m-%d}.{form}")


class _Echo:
    """Hands the writer's lines back."""

    def write(self, line: str) -> str:
        return line


def _csv(wanted: feed.Wanted, text: bool) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow([*COLUMNS, *(["text"] if text else [])])
    for portion in feed.portions(wanted, text):
        yield "".join(writer.writerow(map(cell, _row(one, text).values())) for one in portion)


def _jsonl(wanted: feed.Wanted, text: bool) -> Iterator[str]:
    for portion in feed.portions(wanted, text):
        yield "".join(json.dumps(_row(one, text), separators=(",", ":")) + "\n" for one in portion)


def cell(value: object) -> str:
    """As text that a spreadsheet shows and doesn't compute."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    said = str(value)
    if isinstance(value, str) and said.startswith(FORMULA):
        return f"'{said}"
    return said


def _row(one: Verdict, text: bool) -> dict[str, Any]:
    row = {
        "entry": one.pk,
        "hash": one.entry.hash,
        "at": one.created.isoformat(),
        "user": one.owner.get_username() if one.owner else None,
        "took_seconds": one.took,
    }
    row = {name: row.get(name, getattr(one, name, None)) for name in COLUMNS}
    return row | ({"text": _text(one)} if text else {})


def _text(one: Verdict) -> str | None:
    try:
        return one.entry.text.text
    except ObjectDoesNotExist:
        return None  # erased, or there was none
