"""Which policies judge a claimed run, and what stands of it in their eyes: read from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q

from generation import lineage
from generation.models import Decision, Run
from guard import standing
from guard.audit.models import Verdict
from guard.models import Artifact, PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.events import Event
from guard.policy.reading import read
from guard.policy.resume import shortened
from guard.policy.spec import Spec
from guard.policy.watcher import Policy

HASH = "@"  # before the hash of a direction: no artifact's name begins like that


class Unjudged(Exception):
    """A policy that the run was accepted under can't be read: nothing may be generated without it."""


@dataclass(frozen=True, slots=True)
class Judge:
    """One version over one run. `probes`: the hash of the artifact behind each name that a score has;
    `directions`: of those that it steers by, which in `spec` stand by their hash."""

    version: int
    name: str
    number: int
    spec: Spec  # the user's tau is in it
    probes: dict[str, str]
    directions: dict[str, str] = field(default_factory=dict)

    @property
    def artifacts(self) -> dict[str, str]:
        return self.directions | self.probes

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
    unable: frozenset[str] = frozenset()  # actions that would change what one of its guards judges

    @property
    def artifacts(self) -> set[str]:
        return {sha for judge in self.judges for sha in judge.artifacts.values()}

    def without(self, missing: set[str]) -> tuple[Bench, list[Judge]]:
        """Without the judges that need one of these artifacts, and those."""
        lost = [judge for judge in self.judges if missing & set(judge.artifacts.values())]
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
        unable_for(judges),
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
    names = {each.name for each in spec.evidence}
    probes = {name: sha for name, sha in row.artifacts.items() if name in names}
    asked = {rung.direction for rung in spec.ladder if rung.kind == "steer" and rung.direction}
    directions = {name: sha for name, sha in row.artifacts.items() if name in asked}
    if asked - directions.keys():
        raise Unjudged(f"The policy {row} steers by a direction that it was published without.")
    ladder = tuple(
        replace(rung, direction=HASH + directions[rung.direction]) if rung.direction in directions else rung
        for rung in spec.ladder
    )
    return Judge(row.pk, row.policy.name, row.number or 0, replace(spec, ladder=ladder), probes, directions)


def unable_for(judges: Sequence[Judge]) -> frozenset[str]:
    """Of several policies none may steer below a layer that another's guard reads: that one would judge the
    steering, and not the text. Then the next rung is taken. A shadow policy hinders nobody."""
    judges = [judge for judge in judges if not judge.spec.shadow]
    steering = [judge for judge in judges if any(rung.kind == "steer" for rung in judge.spec.ladder)]
    if not steering:
        return frozenset()
    shas = {sha for judge in judges for sha in judge.artifacts.values()}
    cards = dict(Artifact.objects.filter(sha256__in=shas).values_list("sha256", "card"))
    read = [_layers(cards[sha]) for judge in judges for sha in judge.probes.values() if sha in cards]
    steered = [
        standing.from_front(rung.layer, cards[sha]["belongs"]["layers"])
        if rung.layer is not None
        else _layers(cards[sha])
        for judge in steering
        for rung in judge.spec.ladder
        if rung.kind == "steer"
        for sha in ([rung.direction.removeprefix(HASH)] if rung.direction else judge.probes.values())
        if sha in cards
    ]
    return frozenset({"steer"} if max(read, default=0) > min(steered, default=0) else ())


def _layers(card: dict[str, Any]) -> int:
    """The highest that it reads."""
    return max(standing.from_front(layer, card["belongs"]["layers"]) for layer in card["layers"])


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
