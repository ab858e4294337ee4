"""What the gate asks of whoever runs the model. An answer's orders are done in their order, at once.

`to` counts the tokens that stand of the answer, shared ones included: 0 is its first token. The engine's
position is that many behind the conversation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inject:
    """This text comes next, as tokens of origin `nudge`, joined by the right whitespace to what stands.

    Its tokens come to the gate as all others do. `done` of them are there already (after a take-over).
    """

    text: str
    done: int = 0


@dataclass(frozen=True, slots=True)
class Rewind:
    """Only the first `to` tokens of the answer stand; what was decided beyond is forgotten."""

    to: int


@dataclass(frozen=True, slots=True)
class Ban:
    """The next sampled token is none of these, and is drawn at the run's temperature times `cooling`."""

    ids: frozenset[int]
    cooling: float


@dataclass(frozen=True, slots=True)
class Steer:
    """For the next `tokens` sampled ones, `strength` times this direction is added to the layer's output.

    Whatever else is ordered meanwhile ends it.
    """

    direction: str  # the name of an artifact: a direction, or a guard whose score it is to lower
    layer: int | None  # None: the artifact's own
    strength: float
    tokens: int


@dataclass(frozen=True, slots=True)
class End:
    """The run ends here, with this reason (`blocked` or `failed`) and this sentence for its reader."""

    reason: str
    sentence: str


Order = Inject | Rewind | Ban | Steer | End
