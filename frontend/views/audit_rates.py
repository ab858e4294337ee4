"""Counts and rates over time, false alarms, drift, guard errors: of guards as a whole, of nobody's run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from frontend import modules
from frontend.views.audit_door import staff_only
from guard.audit import rates as counted
from guard.models import PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.reading import read

PERIODS = (7, 30, 90, 365)  # days
WEEKLY = 30  # days from which on counts are by week
WEEKS = 26


@staff_only
@require_safe
def rates(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else 30
    since = timezone.now() - timedelta(days=days)
    weekly = days > WEEKLY
    table = counted.by_day(since, weekly)
    return render(
        request,
        "audit/rates.html",
        {
            "here": "rates",
            "days": days,
            "periods": PERIODS,
            "table": table,
            "each": "week" if weekly else "day",
            "false_alarms": _beside_promises(counted.false_alarms(table, since)),
            "weeks": counted.drift(WEEKS),
            "failures": counted.failures(since),
            "import_map": modules.import_map(),
        },
    )


def _beside_promises(estimates: list[counted.FalseAlarms]) -> list[dict[str, Any]]:
    """Each beside what its policy was calibrated to, if it was."""
    specs = {
        (name, number): spec
        for name, number, spec in PolicyVersion.objects.exclude(number=None).values_list(
            "policy__name", "number", "spec"
        )
    }
    return [
        {
            "policy": one.policy,
            "version": one.version,
            "runs": one.runs,
            "alarmed": one.alarmed,
            "marked": one.marked,
            "estimate": one.estimate,
            "promise": promise(specs.get((one.policy, one.version), {})),
        }
        for one in estimates
    ]


def promise(spec: dict[str, Any]) -> str:
    """What a policy's calibration says of the benign answers that it stops."""
    try:
        made = [each.calibration for each in read(spec).at("stream") if each.calibration]
    except SpecBroken:
        return ""
    return ", ".join(
        f"at most {counted.percent(one.bound)} of benign answers, from {one.count}" for one in made
    )
