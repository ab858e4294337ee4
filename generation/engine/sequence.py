"""One run's state inside the engine: its tokens, how far each part of the work has come, why it ends."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from generation.engine.control import Action, Ban, Control, Inject, Rewind, Steer, Stop
from generation.engine.directions import Push
from generation.engine.forward import Row
from generation.engine.request import Request
from generation.engine.step import End, Origin


@dataclass(slots=True, eq=False)
class Sequence:
    """`computed` ≤ `stepped` - 1 whenever more is to come, so that the next forward pass always gives
    the logits that the next step needs."""

    request: Request
    control: Control | None
    limit: int  # how many tokens it may have at most, context included
    arrival: int  # its place in the order of all submissions; kept when it is put back
    tokens: list[int] = field(init=False)  # the context and all that is decided, stepped or not
    base: int = field(init=False)  # what stands before it is never taken back
    origins: list[Origin] = field(init=False)  # of the tokens from `base` on
    stepped: int = field(init=False)  # tokens that have left as steps, the context counted in
    computed: int = 0  # tokens whose keys and values stand in the row
    sampled: int = 0
    drawn: int = 0
    row: Row | None = None
    reused: int = 0
    closing: End | None = None  # decided, but the last token is still to be judged
    ban: Ban | None = None  # for the next token that is sampled
    steer: Steer | None = None  # how the next one is steered
    steers: int = 0  # how many more are
    pushes: dict[int, Push] = field(init=False)  # by position, computed or not
    paused_until: float = 0.0
    _generator: np.random.Generator | None = None

    def __post_init__(self) -> None:
        request = self.request
        self.tokens = [*request.context, *request.forced]
        self.base = len(request.context) - request.own
        self.origins = [Origin.SAMPLED] * request.own + [Origin.FORCED] * len(request.forced)
        self.stepped = len(request.context)
        self.drawn = request.drawn
        self.pushes = {
            position: Push(one.direction, one.strength, one.layer)
            for one in request.steered
            for position in range(one.first, one.last + 1)
        }
        self.closing = self.ended_by  # nothing may be sampled: the context is only judged

    @property
    def ready(self) -> int:
        """How many decided tokens still have to go through the model."""
        return len(self.tokens) - self.computed

    @property
    def proved(self) -> bool:
        """Whether what was computed has given finite logits. A token that makes NaN spoils even what stands
        before it in the same pass, since masking adds to it: only what is proved may be used again."""
        return self.computed >= self.stepped - 1

    @property
    def pause(self) -> float:
        """Seconds after the token that was just sampled."""
        request = self.request
        return request.delay if self.sampled <= request.max_new - request.ahead else 0.0

    @property
    def judged_last(self) -> bool:
        """Whether all that is left is to judge the whole text; that line may stand in the same pass."""
        return self.closing is not None and self.row is not None

    @property
    def ended_by(self) -> End | None:
        """Whether all is said: nothing forced is left, and a stop token or a limit was met."""
        if self.stepped < len(self.tokens):
            return None
        last_sampled = bool(self.origins) and self.origins[-1] is Origin.SAMPLED
        if last_sampled and self.tokens[-1] in self.request.stop:
            return End.STOP_TOKEN
        full = self.sampled >= self.request.max_new or len(self.tokens) >= self.limit
        return End.LENGTH if full else None

    @property
    def ending(self) -> End | None:
        return self.closing or self.ended_by

    def take(self, token: int) -> None:
        """A sampled token joins the text."""
        self.tokens.append(token)
        self.origins.append(Origin.SAMPLED)
        self.sampled += 1
        self.ban = None
        if self.steer is not None:
            self.steers -= 1
            self._push()
        if self.request.predecessor_draw:
            self.drawn += 1

    def draw(self) -> float:
        """The next number of the predecessor's generator; a resumed run's goes on where it stood."""
        if self._generator is None:
            self._generator = np.random.default_rng(self.request.seed)
            self._generator.random(self.drawn)
        return float(self._generator.random())

    def do(self, action: Action) -> None:
        """What control asked for. Tokens that were decided but not yet stepped are dropped: what comes
        next continues the text that stands, not the text that was planned."""
        self.ban = self.steer = None
        if isinstance(action, Ban | Steer):
            self.computed = min(self.computed, self.stepped - 1)
            self._unpush()
            if isinstance(action, Ban):
                self.ban = action
            else:
                self.steer, self.steers = action, action.tokens
                self._push()
            return
        if isinstance(action, Stop):
            self.closing = End.CONTROL
            self._cut(self.stepped)
            return
        self.closing = None
        if isinstance(action, Rewind):
            self._cut(min(max(action.position, self.base), self.stepped))
        elif not isinstance(action, Inject):
            raise TypeError(f"{action!r} is nothing that can be done to a run.")
        else:
            self._cut(self.stepped)
            fitting = action.tokens[: self.limit - len(self.tokens)]
            self.tokens.extend(fitting)
            self.origins.extend([Origin.INJECTED] * len(fitting))

    def _cut(self, length: int) -> None:
        dropped = self.origins[length - self.base :]
        self.sampled -= dropped.count(Origin.SAMPLED)
        del self.origins[length - self.base :]
        del self.tokens[length:]
        self.stepped = min(self.stepped, length)
        self.computed = min(self.computed, self.stepped - 1)
        self._unpush()

    def _push(self) -> None:
        """The newest token, from which the next one is sampled: it is still to be computed."""
        if self.steer is None or self.steers <= 0:
            self.steer = None
        else:
            steer = self.steer
            self.pushes[len(self.tokens) - 1] = Push(steer.direction, steer.strength, steer.layer)

    def _unpush(self) -> None:
        """What is computed from here on is computed as it comes."""
        for position in [position for position in self.pushes if position >= self.stepped - 1]:
            del self.pushes[position]
