"""What the engine answers: one Step a token, and one closing Step that ends the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt


class Origin(Enum):
    SAMPLED = "sampled"
    FORCED = "forced"
    INJECTED = "injected"


class End(Enum):
    STOP_TOKEN = "stop_token"  # noqa: S105 - a sampled token was one of the request's stop ids
    LENGTH = "length"  # max_new sampled, or the model's own context is full
    CONTROL = "control"  # control said Stop
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(slots=True)  # not frozen: that makes each one three times as slow to build
class Step:
    """One token: what it was, and how the model saw the choice. Never changed once it is given.

    The closing step (`end` is set) holds no token (`token` is -1); its `scores` judge the whole text,
    the last token included. Every run ends with exactly one closing step.
    `scores[name]` judges the text *before* this token, from the hidden state that it was sampled from.
    A probe that failed has the score NaN: who reads it decides what that means.
    """

    id: str
    position: int  # in the whole context, so the first new token stands at len(context)
    token: int
    origin: Origin = Origin.SAMPLED
    logprob: float = 0.0  # the model's own: temperature 1, nothing cut, natural log
    p: float = 0.0  # under the distribution that was sampled from; 0 when the token was cut
    rank: int = 0  # 0: the model's favourite
    entropy: float = 0.0  # of the full distribution, in bits
    top_ids: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    top_logprobs: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    top_p: npt.NDArray[np.float32] = field(
        default_factory=lambda: np.empty(0, np.float32)
    )  # like `p`, for `top_ids`
    scores: dict[str, float] = field(default_factory=dict)
    end: End | None = None
    reused: int = 0  # on a run's first step: how many context tokens came from a warm cache
    message: str = ""  # on a failed closing step: one sentence for a person
