"""A study in one piece, for a file that is read without the site: the same that a link to it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from generation.outline import BranchJson, OutlineJson
from generation.protocol import StepJson, Steps
from generation.protocol.server import as_dict
from generation.sharing.contents import told

MOST: Final = 20_000  # steps up to which each keeps all its alternatives: some 30 MB
FEW: Final = 5  # alternatives of each step beyond that


def alternatives(outline: OutlineJson) -> int | None:
    """How many each step keeps; None: all."""
    own = sum(run["steps"] - (run["at"] or 0) for run in outline["runs"])
    return FEW if own > MOST else None


def messages(run: BranchJson, most: int | None = None) -> Iterator[dict[str, Any]]:
    """What the socket would say of a run of the outline, from its own first step on: those before are with
    its parent. `most`: so many alternatives of each step."""
    for message in told(run["id"], (run["at"] or 0) - 1):
        if isinstance(message, Steps) and most is not None:
            steps: list[StepJson] = [{**step, "top": step["top"][:most]} for step in message.steps]
            message = Steps(run=message.run, steps=steps)
        yield as_dict(message)
