"""Steps as frames that no client refuses for their size."""

from __future__ import annotations

from collections.abc import Iterator

from generation.protocol import MAX_FRAME, StepJson, Steps, dump


def steps_frames(run: str, steps: list[StepJson]) -> Iterator[tuple[bytes, int]]:
    """Frames of at most MAX_FRAME bytes with all the steps in order, each with its last step's index.

    A single step is always far below it: 50 alternatives at most.
    """
    frame = dump(Steps(run=run, steps=steps))
    if len(frame) <= MAX_FRAME or len(steps) == 1:
        yield frame, steps[-1]["i"]
        return
    share = max(1, len(steps) * MAX_FRAME // (len(frame) + MAX_FRAME // 8))
    for first in range(0, len(steps), share):
        yield from steps_frames(run, steps[first : first + share])
