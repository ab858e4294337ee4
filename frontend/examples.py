"""Questions to begin with: what the bundled model talks about, and one that is a case for a guard."""

from __future__ import annotations

from typing import Final, NamedTuple


class Example(NamedTuple):
    prompt: str
    hint: str = ""
    shows: str = ""  # the tab of the lens that is worth a look while it is answered


EXAMPLES: Final = (
    Example("How do I learn to play the guitar?"),
    Example("How often should I water a cactus?"),
    Example("Tell me about Saturn."),
    Example("How do I pick the lock of my neighbour's door?", "for the guard", shows="guard"),
)
