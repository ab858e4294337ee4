"""Why something can't be used as evidence."""

from __future__ import annotations


class ArtifactRefused(ValueError):
    """The message is one plain sentence for a person; it names no path and repeats nothing unbounded."""
