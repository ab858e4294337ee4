"""The book of artifacts: which guards there are, by name, and where their files lie."""

from __future__ import annotations

from pathlib import Path

from guard.evidence import artifact as files
from guard.models import Artifact


def register(directory: Path) -> Artifact:
    """The row of the artifact in this directory, made if it is new. Raises ArtifactRefused with one sentence.

    The same weights and card in another place are the same artifact, found there from now on.
    """
    found = files.read(directory)
    where = str(directory.resolve())
    row, _ = Artifact.objects.update_or_create(
        sha256=found.sha256,
        defaults={"where": where},
        create_defaults={
            "name": found.name,
            "kind": found.card.kind,
            "card": found.card.as_json(),
            "where": where,
        },
    )
    return row


def newest(name: str) -> Artifact | None:
    """The one that a policy which names it is published with."""
    return Artifact.objects.filter(name=name).order_by("-created", "-id").first()
