"""The guards that an engine has loaded, as probes of its bank, and the directions that it may steer by.

It holds what judges this model's runs now: the artifacts of the assigned policies' newest versions, and of
the versions that runs in hand began with. A policy that is published later is found at the next look, without
a restart; an artifact that a claimed run needs and that isn't there yet is loaded before the run starts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from generation.engine.directions import Direction, Directions
from generation.engine.probes import Probe, ProbeBank
from generation.served import Served
from guard import standing
from guard.evidence.artifact import Artifact as Files
from guard.evidence.artifact import load
from guard.evidence.direction import along
from guard.evidence.refused import ArtifactRefused
from guard.models import Artifact

log = logging.getLogger(__name__)

MISSING = "The files of this guard aren't on this machine."
NO_HOME = "It isn't known what this model asks of a guard."


class Shelf:
    """Belongs to one thread, which reads the database. `use` is given each new bank, in its order."""

    def __init__(self, served: Served, use: Callable[[ProbeBank, Directions], None]) -> None:
        self._served = served
        self._use = use
        self._held: dict[str, tuple[Probe | None, Direction | None]] = {}  # by the artifact's hash
        self._problems: dict[str, str] = {}

    def look(self, needed: Iterable[str]) -> None:
        """Loads what is missing, tries again what failed, and lets go of what nobody needs any more.

        `needed`: the artifacts of the runs in hand.
        """
        wanted = {*needed, *standing.artifacts(self._served.name)}
        self._problems = {}
        kept = {sha: held for sha, held in self._held.items() if sha in wanted}
        changed = len(kept) != len(self._held)
        self._held = kept
        changed |= self._load(wanted)
        if changed:
            self._give()

    def have(self, needed: Iterable[str]) -> dict[str, str]:
        """Loads what isn't there yet. Of those that can't be: why, by their hash."""
        wanted = set(needed)
        if self._load(wanted):
            self._give()
        return {sha: self._problems[sha] for sha in wanted if sha in self._problems}

    def _load(self, wanted: set[str]) -> bool:
        """Whether anything new is there."""
        missing = sorted(wanted - self._held.keys() - self._problems.keys())
        if not missing:
            return False
        rows = {row.sha256: row for row in Artifact.objects.filter(sha256__in=missing)}
        for sha in missing:
            problem = self._one(sha, rows.get(sha))
            if problem:
                self._problems[sha] = problem
                log.error("A guard can't be loaded: %s", problem)
            if sha in rows and rows[sha].problem != problem:
                Artifact.objects.filter(sha256=sha).update(problem=problem)
        return any(sha in self._held for sha in missing)

    def _one(self, sha: str, row: Artifact | None) -> str:
        """Why it can't be loaded; empty when it is."""
        if row is None:
            return MISSING
        if self._served.home is None:
            return NO_HOME
        try:
            artifact = load(Path(row.where), self._served.home)
            if artifact.sha256 != sha:
                return f"The files of the guard {row.name} aren't those that were published."
            for layer in artifact.layers:
                self._served.engine.check(layer)
            probe = None
            if artifact.card.kind == "probe":
                probe = Probe(sha, artifact.module(), artifact.layers)
            direction = _direction(sha, artifact)
        except ValueError as refusal:  # an ArtifactRefused too
            return str(refusal)
        except Exception:
            log.exception("The guard %s can't be loaded.", row.name)
            return f"The guard {row.name} can't be loaded."
        self._held[sha] = (probe, direction)
        return ""

    def _give(self) -> None:
        device = self._served.engine.device
        probes = ProbeBank(tuple(probe for probe, _ in self._held.values() if probe is not None))
        self._use(probes, Directions((one for _, one in self._held.values() if one is not None), device))


def _direction(sha: str, artifact: Files) -> Direction | None:
    """What a policy may steer by; None for a guard that gives no direction: no policy that steers by it can
    be published."""
    try:
        return Direction(sha, torch.from_numpy(along(artifact)), artifact.layers[0])
    except ArtifactRefused:
        return None
