"""A step as the worker hands it over, and what going on with a run needs of one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from generation.protocol import Origin

WITHDRAWN = -1  # in place of a token's id


@dataclass(slots=True)  # not frozen: that makes each one three times as slow to build
class StepRecord:
    """One step as the worker hands it over, never changed then; its index is its place in the block."""

    token: int
    text: str
    origin: Origin
    logprob: float
    p: float
    rank: int
    entropy: float
    t: int  # milliseconds since the run started
    top_ids: npt.NDArray[np.int32]
    top_logprobs: npt.NDArray[np.float32]
    top_p: npt.NDArray[np.float32]
    guard: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """What going on with a run needs of a step."""

    i: int
    id: int
    text: str
    origin: Origin
    t: int
    guard: dict[str, float] = field(default_factory=dict)  # NaN: the guard gave no number

    @property
    def withdrawn(self) -> bool:
        """A guard took it back: it keeps its index, and is no part of the text any more."""
        return self.id == WITHDRAWN

    def as_withdrawn(self) -> Token:
        return replace(self, id=WITHDRAWN, text="")
