"""One run while an engine works on it: its steps as they come, and what is to be said at its end."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.utils import timezone

from generation import chunks
from generation.chunks import StepRecord
from generation.engine import Step
from generation.narrator import REASONS, Narrator
from generation.protocol import Origin, Reason, Started
from generation.runs import Outcome
from generation.served import Served
from generation.worker.task import Task

NO_FIRST = -1


class Job:
    """`key` names it in the engine: a run that is claimed again is another job."""

    def __init__(self, task: Task, served: Served, clock: Callable[[], float] = time.monotonic) -> None:
        run = task.claim.run
        self.task = task
        self.run = run.id
        self.epoch = task.claim.epoch
        self.key = f"{run.id}:{task.claim.epoch}"
        self.announced = task.announced
        self._clock = clock
        self._started = _started(task, clock())
        self._narrator = Narrator(
            served.pieces,
            [task.origin] * len(task.forced),
            task.line,
            continues=not served.conversation.has_template,
            clock=clock,
            started=self._started,
        )
        self._next = len(task.line)
        self._block: list[StepRecord] = []  # not yet handed to the recorder
        self._texts = [token.text for token in task.line]
        self._sampled = task.sampled
        self._first = task.own[0].t if task.own else NO_FIRST

    @property
    def prompt(self) -> int:
        return len(self.task.context) + self.task.claim.run.at

    @property
    def has_new(self) -> bool:
        return bool(self._block)

    def started(self, step: Step) -> Started:
        """Once, before the run's first step."""
        self.announced = True
        return Started(run=self.run, prompt_tokens=self.prompt, reused_tokens=min(step.reused, self.prompt))

    def take(self, step: Step) -> None:
        record = self._narrator.tell(step)
        if self._first == NO_FIRST:
            self._first = record.t
        self._sampled += record.origin is Origin.SAMPLED
        self._texts.append(record.text)
        self._block.append(record)
        self._next += 1

    def block(self) -> tuple[bytes, int]:
        """The steps since the last block, encoded, and how many they are."""
        count = len(self._block)
        encoded = chunks.encode(self._next - count, self._block)
        self._block = []
        return encoded, count

    def outcome(self, closing: Step) -> Outcome:
        assert closing.end is not None
        return self.ended(REASONS[closing.end], closing.message)

    def ended(self, reason: Reason, message: str = "") -> Outcome:
        run = self.task.claim.run
        queued = ((run.started or run.created) - run.created).total_seconds() * 1000
        timings = {"queued": round(max(0.0, queued), 1), "total": self._since_start()}
        if self._first != NO_FIRST:
            timings["first_step"] = float(self._first)
        return Outcome(
            reason,
            self._next,
            "".join(self._texts),
            message,
            usage={
                "prompt_tokens": self.prompt,
                "sampled_tokens": self._sampled,
                "forced_tokens": self._next - run.at - self._sampled,
            },
            timings=timings,
        )

    def _since_start(self) -> float:
        return round((self._clock() - self._started) * 1000, 1)


def _started(task: Task, now: float) -> float:
    """When the run's first engine took it, on this process's clock; no step is told before the last one's."""
    began = task.claim.run.started
    passed = (timezone.now() - began).total_seconds() if began else 0.0
    last = task.own[-1].t / 1000 if task.own else 0.0
    return now - max(passed, last, 0.0)
