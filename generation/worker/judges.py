"""Which policies judge a claimed run, and what stands of it in their eyes: read from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from generation import lineage
from generation.models import Decision, Run
from guard.audit.models import Verdict
from guard.models import PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.events import Event
from guard.policy.reading import read
from guard.policy.resume import shortened
from guard.policy.spec import Spec
from guard.policy.watcher import Policy


class Unjudged(Exception):
    """A policy that the run was accepted under can't be read: nothing may be generated without it."""


@dataclass(frozen=True, slots=True)
class Judge:
    """One version over one run. `probes`: the hash of the artifact behind each name that a score has."""

    version: int
    name: str
    number: int
    spec: Spec  # the user's tau is in it
    probes: dict[str, str]

    @property
    def key(self) -> str:
        return str(self.version)

    @property
    def policy(self) -> Policy:
        return Policy(self.key, self.spec)


@dataclass(frozen=True, slots=True)
class Past:
    """An alarm that the audit has already."""

    key: str
    policy: str
    version: int
    action: str
    guard: str
    score: float | None
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Bench:
    """All that judges a run, and what it has decided so far. Empty for a run that nothing judges."""

    judges: tuple[Judge, ...] = ()
    events: tuple[Event, ...] = ()  # of the whole line
    decided: int = 0  # how many of them are the run's own
    past: tuple[Past, ...] = ()

    @property
    def artifacts(self) -> set[str]:
        return {sha for judge in self.judges for sha in judge.probes.values()}

    def without(self, missing: set[str]) -> tuple[Bench, list[Judge]]:
        """Without the judges that need one of these artifacts, and those."""
        lost = [judge for judge in self.judges if missing & set(judge.probes.values())]
        return replace(self, judges=tuple(one for one in self.judges if one not in lost)), lost


def bench_of(run: Run) -> Bench:
    """Raises Unjudged."""
    if not run.policies:
        return Bench()
    judges = judges_of(run.policies, run.settings.get("tau"))
    decisions = list(_decisions(run.id))
    return Bench(
        judges,
        tuple(event for _, event in decisions),
        sum(owner == run.id for owner, _ in decisions),
        tuple(Past(*row) for row in _past(run.id)),
    )


def judges_of(versions: Sequence[int], tau: float | None) -> tuple[Judge, ...]:
    """These versions, with a user's tau in those that are live. Raises Unjudged."""
    rows = {row.pk: row for row in PolicyVersion.objects.select_related("policy").filter(pk__in=versions)}
    if set(rows) != set(versions):
        raise Unjudged("A run was accepted under a policy that is gone.")
    return tuple(_named([_judge(rows[key], tau) for key in versions]))


def _judge(row: PolicyVersion, tau: float | None) -> Judge:
    try:
        spec = read(row.spec)
    except SpecBroken as problem:
        raise Unjudged(f"The policy {row} can't be read: {problem}") from problem
    if tau is not None and not spec.shadow:
        spec = spec.moved(tau)
    return Judge(row.pk, row.policy.name, row.number or 0, spec, dict(row.artifacts))


def _named(judges: Sequence[Judge]) -> list[Judge]:
    """Where two versions mean two trainings by one name, each says which it means."""
    trainings = {(name, sha) for judge in judges for name, sha in judge.probes.items()}
    counts = Counter(name for name, _ in trainings)
    return [
        judge if all(counts[name] == 1 for name in judge.probes) else _told_apart(judge, counts)
        for judge in judges
    ]


def _told_apart(judge: Judge, counts: Counter[str]) -> Judge:
    names = {name: name if counts[name] == 1 else f"{name}@{sha[:8]}" for name, sha in judge.probes.items()}
    evidence = tuple(replace(each, name=names.get(each.name, each.name)) for each in judge.spec.evidence)
    probes = {names[name]: sha for name, sha in judge.probes.items()}
    return replace(judge, spec=replace(judge.spec, evidence=evidence), probes=probes)


def _past(run: str) -> list[tuple[Any, ...]]:
    names = ("key", "policy", "version", "action", "guard", "score", "threshold")
    return list(Verdict.objects.filter(run=run, final=False).order_by("entry_id").values_list(*names))


def _decisions(run: str) -> list[tuple[str, Event]]:
    """Of ancestors those before the fork, and what they withdrew of the shared steps later."""
    found: list[tuple[str, Event]] = []
    for stretch in lineage.stretches(run):
        rows = Decision.objects.filter(run=stretch.run).order_by("number")
        if stretch.end is not None:
            rows = rows.filter(Q(at__lt=stretch.end) | Q(body__kind="retract", body__first__lt=stretch.end))
        for body in rows.values_list("body", flat=True):
            event = Event.from_json(body)
            found.append((stretch.run, event if stretch.end is None else shortened(event, stretch.end)))
    return found
