"""The guard that comes along, and the policies that stand on it: there from the first start on, of a web
process or an engine that serves the bundled model. Of several that start at once, one does it.

A start with a newer shipped artifact publishes both policies anew on it, as long as nobody but the program
has published them: what a person published stays. Nothing else is touched, and nothing is assigned twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from guard import artifacts, publishing, standing
from guard.audit import staff
from guard.evidence.artifact import CARD
from guard.evidence.artifact import read as read_files
from guard.evidence.card import Card
from guard.models import Artifact, Assignment, Policy, PolicyVersion
from guard.policy import shipped
from guard.policy.reading import read
from guard.policy.spec import Calibration

BUDGET = 0.01  # share of benign answers that the default policy may interrupt
NOTES = {
    shipped.SAFENUDGE: "The predecessor's rule: a nudge at the first token that is over the line.",
    shipped.DEFAULT: "Calibrated to interrupt at most 1 % of benign answers.",
}


def ship(directory: Path, model: str) -> bool:
    """Whether there was anything to ship. `model`: what the default policy judges, for everybody, from its
    first shipping on. Raises ArtifactRefused with one sentence."""
    if not (directory / CARD).is_file():
        return False
    with transaction.atomic():
        artifact = artifacts.register(directory)
        card = read_files(directory).card
        _policy(shipped.SAFENUDGE, artifact, shipped.safenudge(artifact.name))
        spec = default_spec(card)
        if _policy(shipped.DEFAULT, artifact, spec) and "threshold" in spec["evidence"][0]:
            policy = Policy.objects.get(name=shipped.DEFAULT)
            if not Assignment.objects.filter(policy=policy).exists():
                Assignment.objects.create(policy=policy, model=model)
                staff.assigned(None, policy.name, "everybody", model, asked=False)
    return True


def default_spec(card: Card) -> dict[str, Any]:
    """Users may switch it off: the bundled model is there to be looked at with and without."""
    spec = shipped.default(card.name, budget=BUDGET) | {"optional": True}
    for one in card.calibration.thresholds:
        if one.rule == spec["rule"]["kind"] and one.budget == BUDGET:
            found = Calibration(one.budget, one.count, one.stopped, one.bound)
            return read(spec).calibrated(card.name, one.threshold, found).as_json()
    return spec


def _policy(name: str, artifact: Artifact, spec: dict[str, Any]) -> bool:
    """Publishes it where it is new; whether it is new altogether. Without a threshold it stays a draft."""
    policy, made = Policy.objects.get_or_create(name=name, defaults={"note": NOTES[name]})
    Policy.objects.select_for_update().get(pk=policy.pk)  # whoever ships too waits here
    newest: PolicyVersion | None = next(iter(standing.newest([policy.pk])), None)
    if newest is not None and (newest.by_id or artifact.sha256 in newest.artifacts.values()):
        return False
    wanted = read(spec)
    publishing.edit(policy, wanted)
    if wanted.is_ready:
        publishing.publish(policy)
    return made or newest is None
