"""How often a run whose question failed is asked for again: after growing pauses, so the server can rest."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from generation.engine.remote.failures import Away, Failure, Refused
from generation.engine.sequence import Sequence

TRIES = 3  # of a question that gets an answer, but no usable one
PATIENCE = 120.0  # seconds that a run waits for a server that is away
AGAIN = 0.25  # seconds before the second try; then twice as many, …
AGAIN_AT_MOST = 8.0

NO_ANSWER = "The server that computes the model doesn't answer, so this run was stopped: try again later."
NO_SENSE = "The server that computes the model gave no usable answer, so this run was stopped."

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Trouble:
    """Of one run, since its last good answer."""

    since: float
    tries: int = 0
    pause: float = AGAIN


class Retries:
    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._troubles: dict[Sequence, _Trouble] = {}

    def after(self, sequence: Sequence, failure: Failure, now: float) -> str:
        """Pauses the run; or tells, in one sentence for its owner, why it isn't tried again."""
        trouble = self._troubles.setdefault(sequence, _Trouble(now))
        if isinstance(failure, Away):
            if now - trouble.since >= self._patience:
                return NO_ANSWER
        else:
            log.warning("The model's server gave a run no usable answer: %s", failure)
            trouble.tries += 1
            if isinstance(failure, Refused) or trouble.tries >= TRIES:
                return NO_SENSE
        sequence.paused_until = now + trouble.pause
        trouble.pause = min(2 * trouble.pause, AGAIN_AT_MOST)
        return ""

    def forget(self, sequence: Sequence) -> None:
        """It was answered well, or is gone."""
        self._troubles.pop(sequence, None)
