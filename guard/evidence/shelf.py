"""Where imported and trained guards stand: `guards/NAME/FIRST-DIGITS-OF-ITS-HASH` in the data directory."""

from __future__ import annotations

from pathlib import Path

from guard.evidence.artifact import Artifact, write


def keep(artifact: Artifact, data: Path, more: dict[str, str] | None = None) -> Path:
    """Guarantee: a new training never touches the files of an older one, which may be judging right now."""
    place = data / "guards" / artifact.name / artifact.sha256[:12]
    if not place.exists():
        write(artifact, place, more)
    return place
