"""Counts and rates over time, from the verdicts that ended a run: one for each policy that judged it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate, TruncWeek

from guard.audit.drift import stability_index
from guard.audit.models import Mark, ScoreWeek, Verdict
from guard.audit.verdicts import ERROR

Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations


@dataclass(frozen=True, slots=True)
class Share:
    """k of n, with its 95 % interval after Wilson: honest for few and for none, unlike the usual one."""

    k: int
    n: int

    @property
    def value(self) -> float:
        return self.k / self.n if self.n else 0.0

    @property
    def low(self) -> float:
        return self._bounds()[0]

    @property
    def high(self) -> float:
        return self._bounds()[1]

    def __str__(self) -> str:
        return interval(self.value, self.low, self.high) if self.n else "unknown"

    def _bounds(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        p, n, z = self.k / self.n, self.n, Z
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        low = 0.0 if self.k == 0 else max(0.0, middle - half)
        return low, 1.0 if self.k == self.n else min(1.0, middle + half)


def interval(value: float, low: float, high: float) -> str:
    return f"{percent(value)} ({percent(low)} to {percent(high)})"


def percent(share: float) -> str:
    """Two significant digits; never 0 % or 100 % for what is only close to it."""
    value = share * 100
    if value == 0 or value >= 100:
        return f"{value:.0f} %"
    if value < 0.01:
        return "<0.01 %"
    if value > 99.5:
        return ">99 %"
    return f"{value:.2g} %" if value < 10 else f"{value:.0f} %"


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    policy: str
    version: int
    shadow: bool
    runs: int
    alarmed: Share
    stopped: int  # blocked or refused
    errors: int

    @property
    def name(self) -> str:
        return f"{self.policy} {self.version}{' (shadow)' if self.shadow else ''}"


def by_day(since: datetime, weekly: bool = False) -> list[Day]:
    """By the day that a run ended on, or by its week's Monday."""
    rows = (
        Verdict.objects.filter(final=True, created__gte=since)
        .order_by()
        .annotate(day=TruncDate(TruncWeek("created")) if weekly else TruncDate("created"))
        .values("day", "policy", "version", "shadow")
        .annotate(
            runs=Count("pk"),
            alarmed=Count("pk", filter=Q(alarms__gt=0) & ~Q(action=ERROR)),
            stopped=Count("pk", filter=Q(action__in=("block", "refuse"))),
            errors=Count("pk", filter=Q(action=ERROR)),
        )
        .order_by("day", "policy", "version")
    )
    return [
        Day(
            row["day"],
            row["policy"],
            row["version"],
            row["shadow"],
            row["runs"],
            Share(row["alarmed"], row["runs"]),
            row["stopped"],
            row["errors"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """What staff said of a policy's alarms, and what would follow for all of its runs."""

    policy: str
    version: int
    runs: int
    alarmed: Share
    marked: Share  # false of those with an opinion

    @property
    def rate(self) -> float:
        """The share of all judged runs that were alarmed wrongly, as far as the marks tell."""
        return self.alarmed.value * self.marked.value

    @property
    def low(self) -> float:
        return self.alarmed.low * self.marked.low

    @property
    def high(self) -> float:
        return self.alarmed.high * self.marked.high

    @property
    def estimate(self) -> str:
        """Without marks all that is known is that false alarms are no more than alarms."""
        if not self.runs:
            return "unknown"
        if not self.marked.n:
            return f"at most {percent(self.alarmed.high)}"
        return interval(self.rate, self.low, self.high)


def false_alarms(days: Sequence[Day], since: datetime) -> list[FalseAlarms]:
    """An alarm counts once, however many marked it: as false if anybody's latest word is that."""
    said: dict[tuple[str, int], list[bool]] = {}
    marks = (
        Mark.objects.filter(verdict__created__gte=since)
        .values("verdict__run", "verdict__policy", "verdict__version")
        .annotate(false=Max("opinion", filter=Q(opinion=Mark.Opinion.FALSE)))
    )
    for mark in marks:
        key = (mark["verdict__policy"], mark["verdict__version"])
        said.setdefault(key, []).append(mark["false"] is not None)
    totals: dict[tuple[str, int], tuple[int, int]] = {}
    for day in days:
        runs, alarmed = totals.get((day.policy, day.version), (0, 0))
        totals[day.policy, day.version] = runs + day.runs, alarmed + day.alarmed.k
    return [
        FalseAlarms(policy, version, runs, Share(alarmed, runs), Share(sum(opinions), len(opinions)))
        for (policy, version), (runs, alarmed) in sorted(totals.items())
        for opinions in [said.get((policy, version), [])]
    ]


@dataclass(frozen=True, slots=True)
class Week:
    guard: str
    week: date
    runs: int
    tokens: int
    broken: int
    index: float | None  # against all weeks before; none where there are too few tokens to tell


def drift(weeks: int) -> list[Week]:
    """Each guard's last weeks, each beside all that came before it."""
    found: list[Week] = []
    before: dict[str, list[int]] = {}
    newest = ScoreWeek.objects.order_by("-week").values_list("week", flat=True).distinct()[:weeks]
    shown = set(newest)
    for row in ScoreWeek.objects.order_by("guard", "week"):
        old = before.get(row.guard, [0] * len(row.counts))
        if row.week in shown:
            index = stability_index(old, row.counts)
            found.append(Week(row.guard, row.week, row.runs, sum(row.counts), row.broken, index))
        before[row.guard] = [a + b for a, b in zip(old, row.counts, strict=True)]
    return found


@dataclass(frozen=True, slots=True)
class Failures:
    guard: str
    policy: str
    version: int
    detail: str
    runs: int
    last: datetime


def failures(since: datetime) -> list[Failures]:
    """Guards that gave no answer: in how many runs, and when last."""
    rows = Verdict.objects.filter(action=ERROR, created__gte=since).order_by()
    grouped = rows.values("guard", "policy", "version", "detail")
    counted = grouped.annotate(runs=Count("run", distinct=True), last=Max("created")).order_by("-last")
    return [
        Failures(row["guard"], row["policy"], row["version"], row["detail"], row["runs"], row["last"])
        for row in counted[:100]
    ]
