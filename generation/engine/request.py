"""What the engine is asked for: token ids in, settings, a key for fairness. No texts, no users."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MAX_K = 50


@dataclass(frozen=True, slots=True)
class Steered:
    """These positions of the context were computed while the run was steered, and are so again."""

    first: int
    last: int
    direction: str
    strength: float = 1.0
    layer: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One run. A branch or a resumed run is an ordinary request whose `context` is longer.

    Noise is keyed by (seed, position in the whole context, token id), so the same context and seed
    give the same tokens however the run was cut into requests.
    """

    id: str
    context: tuple[int, ...]  # every token the model reads first; never empty
    max_new: int = 100  # sampled tokens only: forced and injected ones don't count
    k: int = 30
    temperature: float = 1.0  # 0: greedy
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int = 0
    stop: frozenset[int] = field(default_factory=frozenset)  # a sampled token of these ends the run
    forced: tuple[int, ...] = ()  # taken instead of sampled, each with its probabilities
    probes: tuple[str, ...] = ()  # names of probes whose scores the steps carry
    owner: str = ""  # who it is for: fairness, and whose retained prefixes may be used
    delay: float = 0.0  # seconds between sampled tokens, for watching
    predecessor_draw: bool = False  # numpy's generator, one draw a sampled token (the predecessor's API)
    own: int = 0  # the last tokens of the context were sampled by the run itself: they may be taken back
    drawn: int = 0  # how many draws went before, when a predecessor's run goes on
    steered: tuple[Steered, ...] = ()
    ahead: int = 0  # the last of `max_new` are for whoever judges alone: nobody watches them, or waits

    def __post_init__(self) -> None:
        if not self.context:
            raise ValueError("A request needs at least one context token.")
        if not 1 <= self.k <= MAX_K:
            raise ValueError(f"k must be between 1 and {MAX_K}.")
        if self.max_new < 0:
            raise ValueError("max_new must not be negative.")
        if not 0 <= self.ahead <= self.max_new:
            raise ValueError("ahead must be a part of max_new.")
        if not 0 <= self.own < len(self.context):
            raise ValueError("A part of the context may be the run's own, not all of it.")
        if self.drawn < 0:
            raise ValueError("drawn must not be negative.")
        if not all(0 <= one.first <= one.last < len(self.context) for one in self.steered):
            raise ValueError("Only positions of the context can have been steered.")
        if not 0 <= self.delay < math.inf:
            raise ValueError("delay must be a number of seconds, not negative.")
        if self.predecessor_draw and self.temperature == 0:
            raise ValueError("The predecessor's draw needs a temperature above 0.")
        if not 0 <= self.temperature < math.inf:
            raise ValueError("temperature must be a number, not negative.")
        if not 0 < self.top_p <= 1:
            raise ValueError("top_p must be above 0 and at most 1.")
        if not 0 <= self.min_p <= 1:
            raise ValueError("min_p must be between 0 and 1.")
        if not 0 <= self.seed < 2**63:
            raise ValueError("seed must be between 0 and 2^63 - 1.")
