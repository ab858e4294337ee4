"""What judges a run on the command line: what would judge everybody's, or the guard that comes along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from generation.engine.probes import Probe, ProbeBank
from generation.engines import SANDBOX
from generation.served import Served
from generation.worker.judges import Bench, Judge, judges_of
from generation.worker.shelf import Shelf
from guard import shipping, standing
from guard.evidence.artifact import CARD, load
from guard.evidence.refused import ArtifactRefused
from guard.policy.reading import read
from guard.standing import NoGuard, Who, Wish

NONE = "There is no guard for this model: import one and assign a policy."


def bench_alone(served: Served, tau: float | None = None) -> Bench:
    """Its probes are the engine's from then on. Raises NoGuard, and Forbidden for a looser tau."""
    asked = frozenset({"guard"} if tau is None else {"guard", "tau"})
    try:
        found = standing.stands(Who(0, 0, served.name), Wish(True, tau, asked))
        judges = tuple(judges_of(found.versions, found.tau))
    except (NoGuard, DatabaseError):  # no policy, or no database yet
        return _shipped(served, tau)
    bench = Bench(judges)
    problems = Shelf(served, served.engine.use).have(bench.artifacts)
    if problems:
        raise NoGuard(next(iter(problems.values())))
    return bench


def _shipped(served: Served, tau: float | None) -> Bench:
    directory = Path(settings.SAFELENS_BUNDLED_GUARD)
    if served.name != SANDBOX or served.home is None or not (directory / CARD).is_file():
        raise NoGuard(NONE)
    try:
        artifact = load(directory, served.home)
    except ArtifactRefused as refusal:
        raise NoGuard(str(refusal)) from None
    spec = read(shipping.default_spec(artifact.card))
    if not spec.is_ready:
        raise NoGuard(NONE)
    if tau is not None:
        spec = standing.stricter(spec, tau)
    served.engine.use(ProbeBank((Probe(artifact.sha256, artifact.module(), artifact.layers),)))
    return Bench((Judge(0, "default", 0, replace(spec, shadow=False), {artifact.name: artifact.sha256}),))
