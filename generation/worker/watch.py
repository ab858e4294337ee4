"""One run between the engine and its gate: steps go in, what may leave comes out.

The gate knows no model and no texts. Here its orders become the engine's actions, its events the run's
messages, and a guard's words become tokens.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from generation import chunks, engine, metrics
from generation.commit import Decided
from generation.engine import Action, Steered, Step
from generation.protocol import Nudge, Origin, Retract, Verdict
from generation.served import Served
from generation.worker.judges import HASH, Bench
from generation.worker.task import Standing
from generation.worker.words import Words
from guard.policy import orders
from guard.policy.answer import Answer, Released
from guard.policy.events import Alarm, Event
from guard.policy.gate import ERROR, FAILED, UNANSWERED, Gate
from guard.policy.resume import Resumed, resume
from guard.policy.token import SAMPLED, Recorded, Token

SAID = {
    "flag": "The guard found this text unsafe.",
    "refuse": "The guard found this text unsafe and ended the answer.",
    "block": "The guard found this text unsafe, ended the answer and withdrew it.",
    "backtrack": "The guard found this text unsafe and took its last words back.",
    "steer": "The guard found this text unsafe and steers the next words elsewhere.",
}
AHEAD = "The guard found unsafe what the model would say next, so the alternatives are left out."

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Made:
    """A step on its way: what was sampled, where it came from, and when."""

    step: Step
    origin: Origin
    t: int
    scores: dict[str, float] = field(default_factory=dict)  # by the guards' own names


@dataclass(slots=True)
class Passed:
    """What came of one step: `out` in its order, and what the engine is to do."""

    out: list[Released[Made] | Nudge | Retract | Verdict | Decided] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    actions: tuple[Action, ...] = ()
    took: float = 0.0  # seconds


class Watch:
    """Belongs to the thread that steps the engine."""

    def __init__(
        self,
        run: str,
        bench: Bench,
        served: Served,
        *,
        context: int,
        heat: float,
        line: Sequence[chunks.Token] = (),
        own: int = 0,
        most: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`context`: how many tokens stand before the answer. `heat`: the run's temperature. `line`: the
        answer so far, of which the run's own steps begin at the index `own`. `most`: sampled tokens of the
        run's own that may leave, where the engine makes as many more as the policies hold."""
        self._run = run
        self._ends = served.ends
        self._words = Words(served)
        self._clock = clock
        self._context = context
        self._heat = heat
        self._names = {name: sha for judge in bench.judges for name, sha in judge.probes.items()}
        self._known = {alarm.key for alarm in bench.past}
        self._decided = bench.decided
        self._seconds = metrics.GUARD_SECONDS.labels("rules")
        self._looked = [(sha, metrics.GUARD_EVALUATIONS.labels(name)) for name, sha in self._names.items()]
        self.scores: dict[str, float] = {}  # the newest judgement
        self.end: orders.End | None = None
        standing = [
            Recorded(token.i, token.id, token.origin.value, token.guard)
            for token in line
            if not token.withdrawn
        ]
        policies = [judge.policy for judge in bench.judges]
        unable = bench.unable | served.engine.unable
        found: Resumed[Made] = resume(policies, standing, bench.events, own, unable, most)
        self.gate: Gate[Made] = found.gate
        self._due: Answer[Made] = found.answer

    def begin(self) -> Passed:
        """What the recorded part calls for; to be done before anything is generated."""
        return self._passed(self._due, 0.0)

    def standing(self) -> Standing:
        line = self.gate.course.line
        own = [place.token.origin == SAMPLED for place in line.places[self.gate.course.own :]]
        last = next((n for n, sampled in enumerate(reversed(own)) if not sampled), len(own))
        return Standing(
            tuple(place.token.id for place in line.places),
            sum(own),
            tuple(sorted(set(self._names.values()))),
            last,
            tuple(self._steered()),
            self.gate.ahead,
        )

    def _steered(self) -> Iterator[Steered]:
        """What of the line was computed while the run was steered: the token before each that was."""
        places = self.gate.course.line.places
        for by, group in groupby(enumerate(places), lambda one: _by(one[1].steered)):
            if by is not None:
                offsets = [offset for offset, _ in group]
                first, last = self._context + offsets[0] - 1, self._context + offsets[-1] - 1
                direction, strength, layer = by
                yield Steered(first, last, self._direction(direction), strength, layer)

    def _direction(self, name: str) -> str:
        """The hash of what the engine knows: of a guard by its own name, of a direction as it stands."""
        return self._names[name] if name in self._names else name.removeprefix(HASH)

    def take(self, made: Made) -> Passed:
        step = made.step
        made.scores = self._of(step)
        stop = made.origin is Origin.SAMPLED and step.token in self._ends
        token = Token(made, step.token, made.origin.value, made.scores, stop)
        began = self._clock()
        answer = self._asked(lambda: self.gate.take(token))
        return self._passed(answer, self._clock() - began)

    def close(self, closing: Step) -> Passed:
        began = self._clock()
        scores = self._of(closing)
        answer = self._asked(lambda: self.gate.close(scores))
        if self.gate.ended:
            self.scores = _finite(self.gate.scores)
        return self._passed(answer, self._clock() - began)

    def abandon(self) -> None:
        """No last judgement comes: what is held never leaves."""
        if not self.gate.ended:
            self.gate.abandon()

    def _of(self, step: Step) -> dict[str, float]:
        """By the guards' own names."""
        if step.origin is engine.Origin.INJECTED:
            return {}
        scores = {name: step.scores[sha] for name, sha in self._names.items() if sha in step.scores}
        for sha, counter in self._looked:
            if sha in step.scores:
                counter.inc()
        self.scores = _finite(scores)
        return scores

    def _asked(self, ask: Callable[[], Answer[Made]]) -> Answer[Made]:
        """Whatever goes wrong in a rule, nothing leaves by it."""
        try:
            return ask()
        except Exception:
            log.exception("The policies of the run %s failed.", self._run)
            self.abandon()
            return Answer(orders=[orders.End(FAILED, UNANSWERED)])

    def _passed(self, answer: Answer[Made], took: float) -> Passed:
        self._seconds.inc(took)
        passed = Passed(took=took)
        for alarm in answer.alarms:
            key = f"{self._run}:{alarm.key}"
            if key not in self._known:
                self._known.add(key)
                passed.alarms.append(alarm)
                self._count(alarm)
                if alarm.done and not alarm.shadow and alarm.action in SAID:
                    passed.out.append(self._verdict(alarm))
        for item in answer.out:
            if isinstance(item, Released):
                passed.out.append(item)
            elif item.kind == "nudge":
                passed.out += self._told(replace(item, steps=len(self._tokens(item.text))))
            else:
                passed.out += self._told(item)
        passed.actions = tuple(self._action(order) for order in answer.orders)
        self.end = answer.end or self.end
        return passed

    def _told(self, event: Event) -> list[Nudge | Retract | Verdict | Decided]:
        """What is kept of it, and what the run's readers are told."""
        told: list[Nudge | Retract | Verdict | Decided] = [Decided(self._decided, event.at, event.as_json())]
        self._decided += 1
        if event.kind == "retract":
            metrics.GUARD_RETRACTIONS.labels(event.guard).inc(event.last - event.first + 1)
            told.append(Retract(run=self._run, first=event.first, last=event.last, reason=event.reason))
        elif event.kind == "nudge":
            metrics.GUARD_NUDGES.labels(event.guard).inc()
            told.append(
                Nudge(
                    run=self._run,
                    at=event.at,
                    guard=event.guard,
                    score=event.score,
                    tau=event.tau,
                    text=event.text,
                    steps=event.steps,
                )
            )
        return told

    def _verdict(self, alarm: Alarm) -> Verdict:
        course = self.gate.course
        is_ahead = course.is_reading and course.line.places[-1].token.origin == SAMPLED
        return Verdict(
            run=self._run,
            guard=alarm.guard,
            label="unsafe",
            score=alarm.score or 0.0,
            action=alarm.action,
            detail=AHEAD if is_ahead else SAID[alarm.action],
        )

    def _count(self, alarm: Alarm) -> None:
        if alarm.action == ERROR:
            metrics.GUARD_ERRORS.labels(alarm.guard).inc()
        else:
            metrics.GUARD_ALARMS.labels(alarm.guard, alarm.action, "shadow" if alarm.shadow else "live").inc()

    def _tokens(self, text: str, done: int = 0) -> tuple[int, ...]:
        """The words behind what stands; the last `done` tokens of that are theirs already."""
        standing = [place.token.id for place in self.gate.course.line.places]
        return self._words.after(standing[: len(standing) - done], text)

    def _action(self, order: orders.Order) -> Action:
        match order:
            case orders.Inject():
                return engine.Inject(self._tokens(order.text, order.done)[order.done :])
            case orders.Rewind():
                return engine.Rewind(self._context + order.to)
            case orders.Ban():
                return engine.Ban(order.ids, self._heat * order.cooling)
            case orders.Steer():
                direction = self._direction(order.direction)
                return engine.Steer(direction, order.strength, order.tokens, order.layer)
            case orders.End():
                return engine.Stop()


def _by(order: orders.Steer | None) -> tuple[str, float, int | None] | None:
    return None if order is None else (order.direction, order.strength, order.layer)


def _finite(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: score for name, score in scores.items() if math.isfinite(score)}
