"""One run while an engine works on it: its steps as they come, and what is to be said at its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import groupby

from django.utils import timezone

from generation import chunks
from generation.chunks import StepRecord, Token
from generation.commit import Decided
from generation.engine import Action, Request, Step
from generation.narrator import REASONS, Narrator
from generation.outcome import Outcome
from generation.protocol import Nudge, Origin, Reason, Retract, Started, Verdict
from generation.recorder import Recorder
from generation.served import Served
from generation.worker.ledger import Ledger
from generation.worker.task import Task
from generation.worker.veil import veiled
from generation.worker.watch import Made, Passed, Watch
from guard.audit.verdicts import Judged
from guard.policy.answer import Released

NO_FIRST = -1

Piece = StepRecord | Started | Nudge | Retract | Verdict | Decided | list[Judged]


class Job:
    """`key` names it in the engine: a run that is claimed again is another job.

    Where guards judge it, `control` is what the engine asks after each step, and nothing leaves but what the
    gate releases. Where none does, `take` is all there is.
    """

    def __init__(self, task: Task, served: Served, clock: Callable[[], float] = time.monotonic) -> None:
        run = task.claim.run
        self.task = task
        self.run = run.id
        self.epoch = task.claim.epoch
        self.key = f"{run.id}:{task.claim.epoch}"
        self.announced = task.announced
        self._served = served
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
        self._texts = [token.text for token in task.line]  # of all that was released
        self._line = list(task.line) if task.bench.judges else []  # the same as tokens, where any may go
        self._pieces: list[Piece] = []  # not yet handed to the recorder
        self._sampled = sum(token.origin is Origin.SAMPLED for token in task.own)
        self._nudges = sum(event.kind == "nudge" and event.at >= run.at for event in task.bench.events)
        self._first = task.own[0].t if task.own else NO_FIRST
        self._told = False
        self._veil = False
        self._watch: Watch | None = None
        self._ledger: Ledger | None = None
        self.begin: tuple[Action, ...] = ()
        if task.bench.judges:
            self._watch = Watch(
                run.id,
                task.bench,
                served,
                context=len(task.context),
                heat=task.settings.temperature,
                line=task.line,
                own=run.at,
                most=task.most,
            )
            self._ledger = Ledger(run, task.bench, self._texts, served)
            self.begin = self._apply(self._watch.begin())

    @property
    def prompt(self) -> int:
        return len(self.task.context) + self.task.claim.run.at

    @property
    def is_judged(self) -> bool:
        return self._watch is not None

    @property
    def over(self) -> Reason | None:
        """Why there is nothing to generate: a policy has ended it, or all was said and nobody judges it."""
        if self._watch is None:
            return self.task.ended
        return None if self._watch.end is None else Reason(self._watch.end.reason)

    @property
    def told(self) -> bool:
        """Whether anything was handed over here: what comes first isn't kept back."""
        return self._told

    @property
    def has_new(self) -> bool:
        return bool(self._pieces)

    def request(self) -> Request:
        standing = None if self._watch is None else self._watch.standing()
        return self.task.request(self.key, self._served, standing)

    def started(self, step: Step) -> None:
        """Once, before the run's first step."""
        if not self.announced:
            self.announced = True
            reused = min(step.reused, self.prompt)
            self._pieces.append(Started(run=self.run, prompt_tokens=self.prompt, reused_tokens=reused))

    # -- nobody judges it

    def take(self, step: Step) -> None:
        self._release(self._narrator.tell(step))

    # -- guards judge it

    def control(self, step: Step) -> tuple[Action, ...]:
        """Called by the engine with each step, the closing one included."""
        assert self._watch is not None
        if step.end is not None:
            return self._apply(self._watch.close(step))
        self.started(step)
        made = Made(step, self._narrator.origin(step), self._narrator.now())
        return self._apply(self._watch.take(made))

    def _apply(self, passed: Passed) -> tuple[Action, ...]:
        assert self._watch is not None
        assert self._ledger is not None
        self._veil |= bool(self.task.claim.run.given) and any(not alarm.shadow for alarm in passed.alarms)
        for item in passed.out:
            if isinstance(item, Released):
                made: Made = item.payload
                record = self._narrator.tell(made.step, made.origin, made.t)
                record.guard = made.scores
                self._line.append(Token(item.index, record.token, record.text, record.origin, record.t))
                self._ledger.texts.append(record.text)
                self._release(veiled(record) if self._veil or not item.tells else record)
                continue
            self._pieces.append(item)
            if isinstance(item, Nudge):
                self._nudges += 1
            elif isinstance(item, Retract):
                self._withdraw(item.first, item.last)
        self._ledger.took += passed.took
        if passed.alarms:
            self._pieces.append(self._ledger.alarms(passed.alarms, passed.took, self._watch.gate))
        return passed.actions

    def _withdraw(self, first: int, last: int) -> None:
        for i in range(first, last + 1):
            self._line[i], self._texts[i] = self._line[i].as_withdrawn(), ""
        self._narrator.retell(self._line)

    # -- what leaves

    def _release(self, record: StepRecord) -> None:
        if self._first == NO_FIRST:
            self._first = record.t
        self._sampled += record.origin is Origin.SAMPLED
        self._texts.append(record.text)
        self._pieces.append(record)

    def hand_over(self, recorder: Recorder) -> None:
        """All that is new, in its order, to be recorded in one commit."""
        self._told |= self.has_new
        pieces, self._pieces = self._pieces, []
        first = len(self._texts) - sum(isinstance(piece, StepRecord) for piece in pieces)
        with recorder.together():
            for alike, group in groupby(pieces, _kind):
                if alike is not None:
                    steps = [piece for piece in group if isinstance(piece, StepRecord)]
                    recorder.steps(self.run, chunks.encode(first, steps), len(steps))
                    first += len(steps)
                    continue
                for piece in group:
                    if isinstance(piece, Decided):
                        recorder.decided(self.run, piece)
                    elif isinstance(piece, list):
                        recorder.judged(self.run, piece)
                    elif not isinstance(piece, StepRecord):
                        recorder.event(piece)

    # -- its end

    def finish(self, recorder: Recorder, closing: Step) -> Reason:
        """Hands over its last steps and how it ended; answers why."""
        assert closing.end is not None
        reason = REASONS[closing.end]
        if self.task.closes and reason is Reason.LENGTH:
            reason = Reason.EOS  # nothing was to be sampled behind the token that ends the answer
        elif reason is Reason.EOS and self._watch is not None and self._watch.gate.cut:
            reason = Reason.LENGTH  # it would have ended among the tokens that nobody is shown
        return self.end(recorder, reason, closing.message)

    def end(self, recorder: Recorder, reason: Reason, message: str = "") -> Reason:
        """Ends it for this reason, unless a policy has one of its own."""
        with recorder.together():
            if self._watch is not None and self._ledger is not None:
                if self._watch.end is not None:
                    reason, message = Reason(self._watch.end.reason), self._watch.end.sentence
                self._watch.abandon()
                self._pieces.append(self._ledger.final(self._watch.gate))
            if self.task.missed:
                self._pieces.append(list(self.task.missed))
            self.hand_over(recorder)
            recorder.finish(self.run, self._ended(reason, message))
        return reason

    def _ended(self, reason: Reason, message: str) -> Outcome:
        run = self.task.claim.run
        queued = ((run.started or run.created) - run.created).total_seconds() * 1000
        timings = {"queued": round(max(0.0, queued), 1), "total": self._since_start()}
        if self._first != NO_FIRST:
            timings["first_step"] = float(self._first)
        steps = len(self._texts)
        return Outcome(
            reason,
            steps,
            "".join(self._texts),
            message,
            nudges=self._nudges,
            usage={
                "prompt_tokens": self.prompt,
                "sampled_tokens": self._sampled,
                "forced_tokens": steps - run.at - self._sampled,
            },
            timings=timings,
            guard=dict(self._watch.scores) if self._watch is not None else None,
        )

    def _since_start(self) -> float:
        return round((self._clock() - self._started) * 1000, 1)


def _kind(piece: Piece) -> int | None:
    """Steps with as many alternatives go into one block; None: no step."""
    return len(piece.top_ids) if isinstance(piece, StepRecord) else None


def _started(task: Task, now: float) -> float:
    """When the run's first engine took it, on this process's clock; no step is told before the last one's."""
    began = task.claim.run.started
    passed = (timezone.now() - began).total_seconds() if began else 0.0
    last = task.own[-1].t / 1000 if task.own else 0.0
    return now - max(passed, last, 0.0)
