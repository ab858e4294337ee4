"""Tells one run: from the engine's steps of tokens to steps with texts, origins and times."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

from generation.chunks import StepRecord, Token
from generation.engine import End, Step
from generation.engine import Origin as Taken
from generation.protocol import Origin, Reason, StepJson
from generation.text.decoder import Decoder
from generation.text.pieces import Pieces

REASONS = {
    End.STOP_TOKEN: Reason.EOS,
    End.LENGTH: Reason.LENGTH,
    End.CONTROL: Reason.STOP,
    End.CANCELLED: Reason.CANCELLED,
    End.FAILED: Reason.FAILED,
}


class Narrator:
    """`forced`: where the run's forced tokens come from, in their order. `before`: tokens of the answer
    that are recorded already (a branch's shared steps, a resumed run's), so that texts join without a gap.
    `continues`: the answer goes on from plain text, so a space at its start belongs to it.

    Where a guard's words come, or steps were withdrawn, a character that the tokens before had only begun is
    dropped: nothing could complete it.
    """

    def __init__(
        self,
        pieces: Pieces,
        forced: Iterable[Origin] = (),
        before: Iterable[Token] = (),
        *,
        continues: bool = False,
        clock: Callable[[], float] = time.monotonic,
        started: float | None = None,
    ) -> None:
        self._pieces, self._continues = pieces, continues
        self.retell(before)
        self._forced = iter(list(forced))
        self._clock = clock
        self._started = clock() if started is None else started

    def retell(self, before: Iterable[Token]) -> None:
        """These are the recorded tokens now: some that were told have been withdrawn."""
        self._decoder = Decoder(self._pieces, continues=self._continues)
        self._last = Origin.SAMPLED
        for token in before:
            if token.withdrawn:
                self._decoder.close()
            else:
                self._feed(token.id, token.origin)

    def origin(self, step: Step) -> Origin:
        """Of the run's next token; asked once for each."""
        if step.origin is Taken.SAMPLED:
            return Origin.SAMPLED
        return Origin.NUDGE if step.origin is Taken.INJECTED else next(self._forced)

    def now(self) -> int:
        """Milliseconds since the run started."""
        return round((self._clock() - self._started) * 1000)

    def tell(self, step: Step, origin: Origin | None = None, t: int | None = None) -> StepRecord:
        origin = self.origin(step) if origin is None else origin
        return StepRecord(
            token=step.token,
            text=self._feed(step.token, origin),
            origin=origin,
            logprob=step.logprob,
            p=step.p,
            rank=step.rank,
            entropy=step.entropy,
            t=self.now() if t is None else t,
            top_ids=step.top_ids,
            top_logprobs=step.top_logprobs,
            top_p=step.top_p,
            guard=step.scores,
        )

    def _feed(self, token: int, origin: Origin) -> str:
        if origin is Origin.NUDGE and self._last is not Origin.NUDGE:
            self._decoder.close()
        self._last = origin
        return self._decoder.feed(token)


def as_json(index: int, record: StepRecord, pieces: Pieces) -> StepJson:
    """The step as the contract has it, straight from the engine: nothing is rounded."""
    rows = zip(record.top_ids.tolist(), record.top_logprobs.tolist(), record.top_p.tolist(), strict=True)
    told: StepJson = {
        "i": index,
        "id": record.token,
        "text": record.text,
        "origin": record.origin,
        "logprob": _finite(record.logprob),
        "p": record.p,
        "rank": record.rank,
        "entropy": record.entropy,
        "top": [(token, pieces.visible(token), _finite(logprob), p) for token, logprob, p in rows],
        "t": record.t,
    }
    if record.guard:
        told["guard"] = {name: score for name, score in record.guard.items() if math.isfinite(score)}
    return told


def _finite(logprob: float) -> float:
    return max(logprob, -1e4)  # an impossible token's is minus infinity, which JSON hasn't
