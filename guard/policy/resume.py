"""A gate as it stands after what is recorded: after a take-over, and at the beginning of a branch.

After a take-over it is exactly the gate that was lost, as it stood when its last recorded step left: what was
held then is made again, identically, and judged again.

At a fork it is the gate that the shared steps' own run had there, with all history: a branch made just before
an alarm has the same mean, warm-up, cool-down and budgets behind it, so cutting an answer into many branches
gains nothing. What the parent did about an alarm behind the fork isn't shared; if the alarm was on at the
fork, the branch owes the answer, and gives it at its first own token, whatever that token is. So it does in
the middle of injected words (they only count when they are complete), and from steps that were withdrawn.
Shared steps without this policy's scores (the parent wasn't judged by it) count for nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, cast

from guard.policy.answer import Answer
from guard.policy.events import Event
from guard.policy.gate import FAILED, UNANSWERED, Gate
from guard.policy.orders import Ban, End, Inject, Order, Steer
from guard.policy.token import NUDGE, SAMPLED, P, Recorded, Token
from guard.policy.watcher import Failed, Policy, Turn, Watcher


@dataclass(frozen=True, slots=True)
class Resumed(Generic[P]):
    """`answer` is what has to be done before the engine goes on: most often nothing."""

    gate: Gate[P]
    answer: Answer[P]


def resume(
    policies: Sequence[Policy],
    steps: Sequence[Recorded],
    events: Sequence[Event],
    own: int = 0,
    unable: Iterable[str] = (),
    most: int | None = None,
) -> Resumed[P]:
    """`steps` of the whole answer in order, shared ones first; withdrawn ones may be left out.

    `own` is the first public index of the run itself. `events`, in order: of the runs that the shared steps
    come from, those before the step that their successor forked at, and every retraction of a shared step, as
    `shortened` to that step; and all of the run's own.
    """
    return _Resuming[P](Gate(policies, unable, most), list(events), own).run(steps)


def shortened(event: Event, fork: int) -> Event:
    """A retraction as it is for a run that forked at this step: what it withdrew behind that is another's."""
    if event.kind != "retract" or event.first >= fork:
        return event
    return replace(event, at=min(event.at, fork), last=min(event.last, fork - 1))


class _Resuming(Generic[P]):
    def __init__(self, gate: Gate[P], events: Sequence[Event], own: int) -> None:
        self.gate = gate
        self.course = gate.course
        self.own = own
        self.events = events
        self.last: Event | None = None  # the newest event
        self.since: list[str] = []  # origins of the tokens after it
        self.owed: Event | None = None  # what the parent answered, and the branch doesn't share
        self.found: tuple[Answer[P], tuple[Watcher, Turn]] | None = None  # what the last step called for

    def run(self, steps: Sequence[Recorded]) -> Resumed[P]:
        inside = [step for step in steps if step.index < self.own]
        behind = [step for step in steps if step.index >= self.own]
        theirs = [event for event in self.events if _is_shared(event, self.own)]
        mine = [event for event in self.events if not _is_shared(event, self.own)]
        self._walk(inside, theirs, shared=True)
        self._fork()
        try:
            try:
                self._walk(behind, mine, shared=False)
            finally:
                self._remember()
        except Failed:
            answer: Answer[P] = Answer()
            self.course.end(answer, End(FAILED, UNANSWERED))
            return Resumed(self.gate, answer)
        return Resumed(self.gate, self._due())

    def _remember(self) -> None:
        indexes = tuple(seen.index for seen in self.gate.seen if seen.index is not None)
        self.gate.beginning = replace(
            self.gate.beginning, indexes=indexes, own=self.own, events=tuple(self.events)
        )

    def _walk(self, steps: Sequence[Recorded], events: Sequence[Event], shared: bool) -> None:
        waiting = deque(events)
        for step in steps:
            while waiting and waiting[0].at <= step.index:
                self._apply(waiting.popleft(), steps, shared)
            self._pass(step, shared)
        for event in waiting:
            self._apply(event, steps, shared)

    def _pass(self, step: Recorded, shared: bool) -> None:
        """One recorded step: judged as it was, released as it was."""
        course, line = self.course, self.course.line
        token: Token[P] = Token(cast(P, None), step.id, step.origin, step.scores)
        place = course.add(token)
        line.next = step.index
        line.release()
        course.left += not shared and step.origin == SAMPLED
        self.since.append(step.origin)
        self.found = None
        if not place.counted:
            return
        for each in course.watchers:
            try:
                levels = each.check(step.scores)
            except Failed:
                if shared:
                    continue
                if each.spec.on_error == "block":
                    raise
                course.broken.add(each.key)
                continue
            each.judge(levels)
        place.calm = all(each.watch.calm for each in course.live)
        answer: Answer[P] = Answer()
        turn = self.gate.settle(answer, closing=False)
        if turn is not None and not shared:
            self.found = answer, turn

    def _apply(self, event: Event, steps: Sequence[Recorded], shared: bool) -> None:
        course, line = self.course, self.course.line
        course.steering = None
        if event.kind == "retract":
            self._withdraw(event)
            self.owed = event
        elif event.kind == "nudge":
            if shared and not _is_complete(event, steps):
                self.owed = event
                return
            line.next = max(line.next, event.at)
            course.reset(nudged=True)
        elif event.kind == "steer":
            course.reset(nudged=False)
            course.steering = self._steering(event)
        elif event.kind == "backtrack":
            course.bans[len(line)] = frozenset(event.banned)
        if event.kind != "retract":
            self.owed = None
        for each in course.watchers:
            if len(event.used.get(each.key, ())) == len(each.used):
                each.used = list(event.used[each.key])
        self.last, self.since, self.found = event, [], None

    def _withdraw(self, event: Event) -> None:
        course, line = self.course, self.course.line
        # All that stands here was released, so each has its index.
        keep = sum((place.seen.index or 0) < event.first for place in line.places)
        if keep < len(line):
            before = line.places[keep].before
            course.drop(Answer(), keep)
            for each, watch in zip(course.watchers, before, strict=True):
                each.watch = watch
        line.next = max(line.next, event.last + 1)

    def _fork(self) -> None:
        course, line, owed = self.course, self.course.line, self.owed
        for each in course.watchers:
            # One that waits for the end of the cool-down waits here too.
            waits = not line.is_given and each.alarmed and self._turn(each) is None
            if not waits:
                each.owe()
        course.own = len(line)
        line.floor = len(line)
        line.next = self.own
        for each in course.watchers:
            if owed is not None:
                each.owe_for(owed.guard, owed.score)

    def _turn(self, watcher: Watcher) -> Turn | None:
        course = self.course
        return watcher.turn(course.sight(watcher, closing=False), course.nudges, course.unable)

    def _due(self) -> Answer[P]:
        """What was decided last, as far as it isn't done."""
        if self.found is not None:
            answer, (watcher, turn) = self.found
            self.course.do(answer, watcher, turn)
            return answer
        orders: list[Order] = []
        last, since = self.last, self.since
        if last is not None and last.kind == "nudge" and last.at >= self.own:
            if all(origin == NUDGE for origin in since):
                orders.append(Inject(last.text, len(since)))
        elif last is not None and last.kind == "backtrack" and not since:
            orders.append(Ban(frozenset(last.banned), last.cooling))
        elif self.course.steering is not None:
            orders.append(self.course.steering)
        return Answer(orders=orders)

    def _steering(self, event: Event) -> Steer | None:
        """None where that policy doesn't judge this run: what its steering left is read as it stands."""
        for each in self.course.watchers:
            if each.key == event.policy and event.rung < len(each.spec.ladder):
                rung = each.spec.ladder[event.rung]
                return Steer(rung.direction or event.guard, rung.layer, rung.strength, event.tokens)
        return None


def _is_complete(nudge: Event, steps: Sequence[Recorded]) -> bool:
    words = [step for step in steps if nudge.at <= step.index < nudge.at + nudge.steps]
    return sum(step.origin == NUDGE for step in words) == nudge.steps


def _is_shared(event: Event, own: int) -> bool:
    return event.at < own or (event.kind == "retract" and event.first < own)
