"""The engine in front of a model's server: keeps the runs, asks for their next positions, samples."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from math import nan
from threading import Condition

import torch

from generation.engine.base import Rejected, TooLong
from generation.engine.control import Action, Control, Inject, Steer
from generation.engine.directions import Directions
from generation.engine.inprocess import NOT_FINITE, Counters, Limits
from generation.engine.probes import ProbeBank
from generation.engine.remote.choosing import step_of
from generation.engine.remote.course import Course
from generation.engine.remote.failures import Failure, NotFinite
from generation.engine.remote.retries import PATIENCE, Retries
from generation.engine.remote.server import Asked, Server
from generation.engine.remote.told import WIDTH, Answer, Question
from generation.engine.request import Request
from generation.engine.scheduler import Scheduler
from generation.engine.sequence import Sequence
from generation.engine.step import End, Step

TURN = 0.05  # seconds that one call of `steps` waits for an answer
STRAGGLING = 0.1  # seconds that the answers of one round may lie apart and still make one step
SPAN = 256  # forced tokens in one question

NO_STATES = "The server that computes the model gives no hidden states, so no guard can read along."
NO_STEERING = "A model on a server of its own can't be steered."


class RemoteEngine:
    """`submit` and `cancel` may be called from any thread, `steps` from one.

    `steps` returns within `TURN` and `STRAGGLING`, whatever the server does: one run's long prompt, or its
    failure, holds up no other.
    """

    def __init__(
        self,
        server: Server,
        limits: Limits | None = None,
        probes: ProbeBank | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        turn: float = TURN,
        straggling: float = STRAGGLING,
        patience: float = PATIENCE,
    ) -> None:
        """Of the limits only `max_runs` is this engine's own; the memory is the server's."""
        limits = limits or Limits()
        self.server = server
        self.counters = Counters()
        self._clock, self._turn, self._straggling = clock, turn, straggling
        self._scheduler = Scheduler(limits.max_runs, 0, max_tokens=1 << 62)
        self._runs: dict[str, Sequence] = {}
        self._course = Course(self._runs, self._check, self._forget)
        self._arrived: deque[Sequence] = deque()
        self._cancelled: deque[Sequence] = deque()
        self._asked: dict[Sequence, Asked] = {}
        self._retries = Retries(patience)
        self._arrivals = 0
        self._news = Condition()  # also the lock of the books that submit writes
        self._probes = ProbeBank()
        self.use(probes or ProbeBank())

    def submit(
        self, request: Request, control: Control | None = None, begin: tuple[Action, ...] = ()
    ) -> None:
        needed, most = len(request.context) + len(request.forced), self.server.most_tokens
        if needed > most or (needed == most and request.max_new):
            raise TooLong(
                f"The text is too long: it has {needed} tokens, and text and answer together may have {most}."
            )
        if request.probes and not self.server.layers:
            raise Rejected(NO_STATES)
        if unknown := set(request.probes) - set(self._probes.names):
            raise Rejected(f"There is no probe named {sorted(unknown)[0]}.")
        if not self._knows(request.context + request.forced):
            raise Rejected("The text has a token that this model doesn't know.")
        if request.steered:
            raise Rejected(NO_STEERING)
        try:
            for action in begin:
                self._check(action)
        except ValueError as problem:
            raise Rejected(str(problem)) from None
        with self._news:
            if request.id in self._runs:
                raise Rejected("A run with this id is already there.")
            self._arrivals += 1
            sequence = Sequence(request, control, most, self._arrivals)
            for action in begin:
                sequence.do(action)
            self._runs[request.id] = sequence
            self._arrived.append(sequence)

    def _knows(self, tokens: Iterable[int]) -> bool:
        return all(0 <= token < self.server.vocabulary for token in tokens)

    def _check(self, action: Action) -> None:
        """Raises ValueError for what can't be done here."""
        if isinstance(action, Inject) and not self._knows(action.tokens):
            raise ValueError("It injects a token that this model doesn't know.")
        if isinstance(action, Steer):
            raise ValueError(NO_STEERING)

    def use(self, probes: ProbeBank, directions: Directions | None = None) -> None:
        """From the next step on these; by the thread that steps. One that is gone scores NaN. Raises
        ValueError for a layer whose states the server doesn't give."""
        for layer in probes.layers:
            self.check(layer)
        probes.to(self.device)
        self._probes = probes

    def check(self, layer: int) -> None:
        if not self.server.layers:
            raise ValueError(NO_STATES)
        if layer not in self.server.layers:
            raise ValueError(f"Layer {layer} can't be read: the server gives the last one's states alone.")

    @property
    def unable(self) -> frozenset[str]:
        return frozenset({"steer"})

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def probes(self) -> ProbeBank:
        return self._probes

    def cancel(self, run: str) -> None:
        with self._news:
            if (sequence := self._runs.get(run)) is not None:
                self._cancelled.append(sequence)
                self._news.notify_all()

    @property
    def pause(self) -> float | None:
        if not self._runs:
            return None
        if self._arrived or self._cancelled or self._asked or not self._scheduler.running:
            return 0.0
        first = min(sequence.paused_until for sequence in self._scheduler.running)
        return max(0.0, first - self._clock())

    @property
    def retained_bytes(self) -> int:
        """What is kept warm is the server's."""
        return 0

    @property
    def occupancy(self) -> tuple[int, int]:
        """Runs that are asked for, and runs that wait."""
        return len(self._scheduler.running), len(self._scheduler.waiting) + len(self._arrived)

    @property
    def trouble(self) -> str:
        """Why nothing can be computed just now; empty while all is well."""
        return self.server.trouble

    def close(self) -> None:
        self.server.close()

    @torch.inference_mode()
    def steps(self) -> list[Step]:
        out: list[Step] = []
        self._take_in(out)
        self._fill_batch()
        self._wait(self._send(out))
        for sequence in list(self._scheduler.running):
            asked = self._asked.get(sequence)
            if asked is not None and asked.is_done:
                del self._asked[sequence]
                self._hear(sequence, asked, out)
        return out

    # -- before the questions

    def _take_in(self, out: list[Step]) -> None:
        # Counted first: whoever is cancelled by then has arrived too.
        cancelled = [self._cancelled.popleft() for _ in range(len(self._cancelled))]
        while self._arrived:
            self._scheduler.add(self._arrived.popleft())
        for sequence in cancelled:
            if self._runs.get(sequence.request.id) is sequence:  # else it ended by itself meanwhile
                self._course.finish(sequence, End.CANCELLED, out)

    def _fill_batch(self) -> None:
        while (leaving := self._scheduler.next_out()) is not None:
            self._scheduler.put_back(leaving)
            self._withdraw(leaving)
            self.counters.put_back += 1
        while self._scheduler.next_in() is not None:
            pass

    def _send(self, out: list[Step]) -> list[Asked]:
        now, sent = self._clock(), []
        for sequence in list(self._scheduler.running):
            if sequence in self._asked or sequence.paused_until > now:
                continue
            if sequence.closing is not None and not sequence.request.probes:
                self._course.close(sequence, {}, out)  # nothing to sample and nobody to judge
                continue
            asked = self.server.ask(self._question(sequence))
            asked.future.add_done_callback(lambda _: self._tell())
            self._asked[sequence] = asked
            sent.append(asked)
        self.counters.steps += bool(sent)
        return sent

    @staticmethod
    def _question(sequence: Sequence) -> Question:
        request, end = sequence.request, min(len(sequence.tokens), sequence.stepped + SPAN)
        return Question(
            sequence.tokens[:end],
            sequence.stepped,
            # A banned token is one of the best: as many more are asked for.
            max(WIDTH, request.k + (0 if sequence.ban is None else len(sequence.ban.tokens))),
            bool(request.probes),
            request.owner,
        )

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    def _wait(self, sent: list[Asked]) -> None:
        """Until there is an answer, then a little for the others of this round: so runs that the server
        batched stay together. Those of earlier rounds come when they come."""
        asked = list(self._asked.values())
        if not asked:
            return
        with self._news:
            self._news.wait_for(lambda: self._cancelled or any(one.is_done for one in asked), self._turn)
            if any(one.is_done for one in asked):
                self._news.wait_for(
                    lambda: self._cancelled or all(one.is_done for one in sent), self._straggling
                )

    # -- after the answers

    def _hear(self, sequence: Sequence, asked: Asked, out: list[Step]) -> None:
        try:
            answer = asked.answer()
        except NotFinite:
            self._course.finish(sequence, End.FAILED, out, NOT_FINITE)
        except Failure as failure:
            if sentence := self._retries.after(sequence, failure, self._clock()):
                self._course.finish(sequence, End.FAILED, out, sentence)
        else:
            self._retries.forget(sequence)
            self._advance(sequence, asked.question, answer, out)

    def _advance(self, sequence: Sequence, question: Question, answer: Answer, out: list[Step]) -> None:
        request, scores = sequence.request, self._scores(sequence, answer)
        if sequence.stepped == len(request.context):
            sequence.reused = min(answer.cached, len(request.context))
        self.counters.reused += answer.cached
        self.counters.prefilled += max(0, len(question.tokens) - answer.cached - 1)
        for place, line in enumerate(answer.lines):
            if sequence.closing is not None:
                self._course.close(sequence, scores[place], out)
                return
            is_sampled = sequence.stepped == len(sequence.tokens)
            if not is_sampled and sequence.stepped == len(question.tokens):
                return  # behind a part of what is forced: the next question tells what this token is worth
            step = step_of(sequence, line, scores[place], self.server.vocabulary)
            sequence.stepped += 1
            if is_sampled:
                self.counters.decoded += 1
                if pause := sequence.pause:
                    sequence.paused_until = self._clock() + pause
            out.append(step)
            if not self._course.goes_on(sequence, step, out):
                return

    def _scores(self, sequence: Sequence, answer: Answer) -> list[dict[str, float]]:
        wanted = sequence.request.probes
        if not wanted:
            return [{}] * len(answer.lines)
        began = time.perf_counter()
        states = torch.stack([torch.from_numpy(line.hidden) for line in answer.lines])
        found = self._probes.score(dict.fromkeys(self._probes.layers, states), set(wanted))
        self.counters.probing += time.perf_counter() - began
        rows = [[]] * len(answer.lines) if found is None else found.tolist()
        names = self._probes.names if found is not None else ()
        values = [dict(zip(names, row, strict=True)) for row in rows]
        # One that is gone gives no number: who reads it decides what that means.
        return [{name: one.get(name, nan) for name in wanted} for one in values]

    # -- what the course of a run calls

    def _withdraw(self, sequence: Sequence) -> None:
        asked = self._asked.pop(sequence, None)
        if asked is not None:
            asked.cancel()

    def _forget(self, sequence: Sequence) -> None:
        self._withdraw(sequence)
        self._retries.forget(sequence)
        self._scheduler.remove(sequence)
        del self._runs[sequence.request.id]
