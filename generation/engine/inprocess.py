"""The engine in this process: one batch for all runs, over any Forward."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

import torch

from generation.engine.base import Rejected, TooLong
from generation.engine.control import Action, Control, Inject, Steer
from generation.engine.directions import Directions, Push
from generation.engine.forward import Forward, Heads, OutOfMemory, Span
from generation.engine.probes import ProbeBank
from generation.engine.request import Request
from generation.engine.retained import Keys, Retained, as_keys, common
from generation.engine.sampler import Settings
from generation.engine.scheduler import Scheduler
from generation.engine.sequence import Sequence
from generation.engine.step import End, Step
from generation.engine.stepping import Lines, step_of

log = logging.getLogger(__name__)

NOT_FINITE = "The model computed a value that is not a number, so this run was stopped."
CONTROL_FAILED = "The rules that watch this run failed, so it was stopped."
NO_DIRECTION = "What this run was steered by is gone, so it was stopped."
NO_MEMORY = "This run needs more memory than the engine has."


@dataclass(slots=True)
class Limits:
    max_runs: int = 32
    prefill_tokens: int = 64  # a step
    row_bytes: int = 4 << 30  # of all tokens in the batch; their rows may take up to twice as much
    retained_bytes: int = 1 << 30


@dataclass(slots=True)
class Counters:
    """Since the start."""

    steps: int = 0
    decoded: int = 0
    prefilled: int = 0
    reused: int = 0
    put_back: int = 0
    out_of_memory: int = 0
    probing: float = 0.0  # seconds


Plan = list[tuple[Sequence, int]]


class InProcessEngine:
    """`submit` and `cancel` may be called from any thread, `steps` from one.

    A run's failure (not-a-number, a raising control, no memory for it) ends that run alone.
    """

    def __init__(
        self,
        forward: Forward,
        limits: Limits | None = None,
        probes: ProbeBank | None = None,
        *,
        deterministic: bool = False,
        clock: Callable[[], float] = time.monotonic,
        directions: Directions | None = None,
    ) -> None:
        limits = limits or Limits()
        self.forward = forward
        self._probes = probes or ProbeBank()
        self._probes.to(forward.device)
        forward.watch(self._probes.layers)
        self._clock = clock
        self._most_tokens = min(forward.max_positions, limits.row_bytes // max(1, forward.token_bytes))
        self._scheduler = Scheduler(
            limits.max_runs,
            limits.prefill_tokens,
            max_tokens=limits.row_bytes // max(1, forward.token_bytes),
            separate_prefill=deterministic,
        )
        # A prefix computed by decoding and one computed in chunks differ in their last bits.
        self._retained = Retained(forward, 0 if deterministic else limits.retained_bytes)
        self._deterministic = deterministic
        self._runs: dict[str, Sequence] = {}
        self._arrived: deque[Sequence] = deque()
        self._cancelled: deque[Sequence] = deque()
        self._settings: Settings | None = None
        self._directions = directions or Directions((), forward.device)
        self._directions_changed = False
        self._pushes: dict[Push, int] = {}  # each that was ever seen, with a number for the books
        self._lock = Lock()  # of the books that submit writes
        self._arrivals = 0
        self.counters = Counters()

    def submit(
        self, request: Request, control: Control | None = None, begin: tuple[Action, ...] = ()
    ) -> None:
        needed = len(request.context) + len(request.forced)
        if needed > self._most_tokens or (needed == self._most_tokens and request.max_new):
            raise TooLong(
                f"The text is too long: it has {needed} tokens, and text and answer together may have"
                f" {self._most_tokens}."
            )
        if unknown := set(request.probes) - set(self._probes.names):
            raise Rejected(f"There is no probe named {sorted(unknown)[0]}.")
        if not self._knows(request.context + request.forced):
            raise Rejected("The text has a token that this model doesn't know.")
        if not all(one.direction in self._directions for one in request.steered):
            raise Rejected("There is no such direction.")
        try:
            for action in begin:
                self._check(action)
        except ValueError as problem:
            raise Rejected(str(problem)) from None
        with self._lock:
            if request.id in self._runs:
                raise Rejected("A run with this id is already there.")
            self._arrivals += 1
            sequence = Sequence(request, control, self._most_tokens, self._arrivals)
            for action in begin:
                sequence.do(action)
            self._runs[request.id] = sequence
            self._arrived.append(sequence)

    def _knows(self, tokens: tuple[int, ...]) -> bool:
        return all(0 <= token < self.forward.vocabulary for token in tokens)

    def _check(self, action: Action) -> None:
        """Raises ValueError for what can't be done here."""
        if isinstance(action, Inject) and not self._knows(action.tokens):
            raise ValueError("It injects a token that this model doesn't know.")
        if isinstance(action, Steer):
            if action.direction not in self._directions:
                raise ValueError("It steers by a direction that isn't there.")
            self.forward.check(self._directions.layer(Push(action.direction, action.strength, action.layer)))

    def use(self, probes: ProbeBank, directions: Directions | None = None) -> None:
        """From the next step on these; by the thread that steps. A probe that is gone scores NaN; a run that
        is steered by a direction that is gone ends. Raises ValueError for a layer that isn't there."""
        self.forward.watch(probes.layers)
        probes.to(self.forward.device)
        self._probes = probes
        if directions is not None:
            self._directions, self._directions_changed = directions, True

    @property
    def probes(self) -> ProbeBank:
        return self._probes

    @property
    def unable(self) -> frozenset[str]:
        return frozenset()

    @property
    def device(self) -> torch.device:
        return self.forward.device

    def check(self, layer: int) -> None:
        self.forward.check(layer)

    def cancel(self, run: str) -> None:
        with self._lock:
            if (sequence := self._runs.get(run)) is not None:
                self._cancelled.append(sequence)

    @property
    def pause(self) -> float | None:
        if not self._runs:
            return None
        # Whoever waits after a step didn't fit, so only those in the batch can end the pause.
        if self._arrived or self._cancelled or not self._scheduler.running:
            return 0.0
        first = min(sequence.paused_until for sequence in self._scheduler.running)
        return max(0.0, first - self._clock())

    @property
    def retained_bytes(self) -> int:
        return self._retained.size

    @property
    def occupancy(self) -> tuple[int, int]:
        """Runs in the batch, and runs that wait."""
        return len(self._scheduler.running), len(self._scheduler.waiting) + len(self._arrived)

    @torch.inference_mode()
    def steps(self) -> list[Step]:
        out: list[Step] = []
        self._take_in(out)
        self._fill_batch(out)
        plan = self._scheduler.plan(self._clock())
        spans, heads = self._compute(plan, out)
        if heads is None:
            return out
        self.counters.steps += 1
        for (sequence, count), span in zip(plan, spans, strict=True):
            if sequence.ready > 1:
                self.counters.prefilled += count
            sequence.computed = span.start + count
        wanted = [(s, span) for (s, _), span in zip(plan, spans, strict=True) if span.wanted]
        if wanted:
            self._advance(wanted, heads, out)
        return out

    # -- before the pass ------------------------------------------------------------------------------

    def _take_in(self, out: list[Step]) -> None:
        # Counted first: whoever is cancelled by then has arrived too.
        cancelled = [self._cancelled.popleft() for _ in range(len(self._cancelled))]
        while self._arrived:
            self._scheduler.add(self._arrived.popleft())
        for sequence in cancelled:
            if self._runs.get(sequence.request.id) is sequence:  # else it ended by itself meanwhile
                self._finish(sequence, End.CANCELLED, out)
        if self._directions_changed:
            self._directions_changed = False
            for sequence in [*self._scheduler.running, *self._scheduler.waiting]:
                if not all(push.direction in self._directions for push in sequence.pushes.values()):
                    self._finish(sequence, End.FAILED, out, NO_DIRECTION)

    def _fill_batch(self, out: list[Step]) -> None:
        while (leaving := self._scheduler.next_out()) is not None:
            self._put_back(leaving)
        while (sequence := self._scheduler.next_in()) is not None:
            try:
                self._seat(sequence)
            except OutOfMemory:
                if self._retained.drop_all():
                    self._scheduler.put_back(sequence)
                    continue
                self._give_way(sequence, out)
                return

    def _seat(self, sequence: Sequence) -> None:
        """Gives it a row, warm with the longest prefix that is still there."""
        if (own := sequence.row) is not None:
            sequence.row, sequence.computed = self.forward.fork(own, sequence.computed)
            self.forward.close(own)
            return
        owner, usable = sequence.request.owner, sequence.stepped - 1
        row, length = None, 0
        if usable and not self._deterministic:
            keys = self._keys(sequence, usable)
            row, length = self._retained.longest(owner, keys)
            for other in self._scheduler.running:
                if other.row is not None and other.request.owner == owner and other.proved:
                    match = common(self._keys(other, other.computed), keys)
                    if match > length:
                        row, length = other.row, match
        if row is not None:
            sequence.row, sequence.computed = self.forward.fork(row, length)
        else:
            sequence.row, sequence.computed = self.forward.open(), 0
        if sequence.stepped == len(sequence.request.context):  # not when it was put back in mid-answer
            sequence.reused = sequence.computed
        self.counters.reused += sequence.computed

    def _keys(self, sequence: Sequence, length: int) -> Keys:
        pushes = {
            position: self._pushes.setdefault(push, len(self._pushes) + 1)
            for position, push in sequence.pushes.items()
        }
        return as_keys(sequence.tokens[:length], pushes)

    def _put_back(self, sequence: Sequence) -> None:
        """Back among the waiting; what it computed stays warm while there is room. In deterministic mode it
        keeps its own row, since reading again what it wrote token by token gives other bits."""
        self._scheduler.put_back(sequence)
        self.counters.put_back += 1
        if self._deterministic and sequence.row is not None and sequence.proved:
            try:
                self.forward.park(sequence.row, sequence.computed)
                return
            except OutOfMemory:
                self.counters.out_of_memory += 1
        self._release(sequence, keep=True)

    def _release(self, sequence: Sequence, *, keep: bool, wipe: bool = False) -> None:
        row, sequence.row = sequence.row, None
        if row is None:
            return
        if not sequence.proved:
            keep, wipe = False, True
        if keep and sequence.computed:
            try:
                self._retained.keep(sequence.request.owner, self._keys(sequence, sequence.computed), row)
            except OutOfMemory:
                self._retained.drop_all()
                self.forward.close(row)
        else:
            self.forward.close(row, wipe=wipe)
        sequence.computed = 0

    # -- the pass -------------------------------------------------------------------------------------

    def _compute(self, plan: Plan, out: list[Step]) -> tuple[list[Span], Heads | None]:
        """One pass over the plan, which shrinks when memory is short: first the retained prefixes go,
        then the newest run is put back, and a run that has everything to itself and still lacks room ends."""
        while plan:
            spans = [self._span(sequence, count) for sequence, count in plan]
            try:
                return spans, self.forward.run(spans)
            except OutOfMemory:
                self.counters.out_of_memory += 1
                if self._retained.drop_all():
                    continue
                newest = max((sequence for sequence, _ in plan), key=lambda s: s.arrival)
                plan[:] = [item for item in plan if item[0] is not newest]
                self._give_way(newest, out)
        return [], None

    def _span(self, sequence: Sequence, count: int) -> Span:
        start = sequence.computed
        assert sequence.row is not None
        unwanted = max(0, sequence.stepped - 1 - start)
        span = Span(sequence.row, start, sequence.tokens[start : start + count], max(0, count - unwanted))
        if sequence.pushes:
            span.pushes = {
                position: self._directions.ready(push)
                for position, push in sequence.pushes.items()
                if start <= position < start + count
            }
        return span

    def _give_way(self, sequence: Sequence, out: list[Step]) -> None:
        if len(self._scheduler.running) > 1:
            self._scheduler.put_back(sequence)
            self._release(sequence, keep=False)
            self.counters.put_back += 1
        else:
            self._finish(sequence, End.FAILED, out, NO_MEMORY)

    # -- after the pass -------------------------------------------------------------------------------

    def _advance(self, wanted: list[tuple[Sequence, Span]], heads: Heads, out: list[Step]) -> None:
        lines = Lines(wanted, heads, self._probes, self._settings)
        self._settings = lines.settings
        self.counters.probing += lines.probing
        for sequence, first, count in lines.of_runs:
            for line in range(first, first + count):
                if lines.broken[line]:
                    self._finish(sequence, End.FAILED, out, NOT_FINITE)
                    break
                if sequence.closing is not None:
                    self._close(sequence, lines.scores(line, sequence.request), out)
                    break
                sampled = sequence.stepped == len(sequence.tokens)
                step = step_of(sequence, lines, line)
                sequence.stepped += 1
                if sampled:
                    self.counters.decoded += 1
                    if pause := sequence.pause:
                        sequence.paused_until = self._clock() + pause
                out.append(step)
                if self._controlled(sequence, step, out):
                    break
                if self._ends(sequence, out) and not sequence.judged_last:
                    break  # it has ended, or control makes it go on

    def _controlled(self, sequence: Sequence, step: Step, out: list[Step]) -> bool:
        """Whether control did anything to the run."""
        if sequence.control is None:
            return False
        try:
            asked = sequence.control(step)
            if asked is None or asked == ():
                return False
            for action in asked if isinstance(asked, tuple) else (asked,):
                self._check(action)
                sequence.do(action)
        except Exception:
            log.exception("The control of a run failed")
            self._finish(sequence, End.FAILED, out, CONTROL_FAILED)
            return True
        if step.end is None:
            self._ends(sequence, out)
        return True

    def _ends(self, sequence: Sequence, out: list[Step]) -> bool:
        """Whether the run is over or waits only for its last judgement."""
        if sequence.closing is End.CONTROL:
            self._finish(sequence, End.CONTROL, out)
            return True
        end = sequence.ended_by
        if end is None:
            return False
        sequence.closing = end
        if not sequence.request.probes:
            self._close(sequence, {}, out)
        return True

    def _close(self, sequence: Sequence, scores: dict[str, float], out: list[Step]) -> None:
        """The closing step leaves only if control lets the run end."""
        assert sequence.closing is not None
        step = Step(sequence.request.id, sequence.stepped, -1, scores=scores, end=sequence.closing)
        if self._controlled(sequence, step, out):
            end = sequence.ending
            if sequence.request.id not in self._runs or end is None:
                return  # its control failed, or it goes on
            step = replace(step, position=sequence.stepped, end=end)
        assert step.end is not None
        self._finish(sequence, step.end, out, closing=step)

    def _finish(
        self, sequence: Sequence, end: End, out: list[Step], message: str = "", closing: Step | None = None
    ) -> None:
        self._scheduler.remove(sequence)
        del self._runs[sequence.request.id]
        failed = end is End.FAILED
        self._release(sequence, keep=not failed, wipe=failed)
        out.append(closing or Step(sequence.request.id, sequence.stepped, -1, end=end, message=message))
