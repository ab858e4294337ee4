"""Recorded scores through a policy: what was decided, again; or what another policy would have said.

A tape is all tokens in the order in which they were made, dropped ones included, with the scores that the
policies saw (`Gate.seen`, or what the audit kept of it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from guard.policy.answer import Answer
from guard.policy.beginning import Beginning
from guard.policy.events import Alarm, Event
from guard.policy.orders import Inject
from guard.policy.resume import Resumed, resume
from guard.policy.spec import Spec
from guard.policy.token import END, NUDGE, Fate, Recorded, Scores, Token
from guard.policy.watcher import Failed, Policy, Watch, Watcher


class Made(Protocol):
    """A token of a tape."""

    @property
    def scores(self) -> Scores: ...
    @property
    def origin(self) -> str: ...
    @property
    def fate(self) -> int: ...
    @property
    def stop(self) -> bool: ...


def replay(
    policies: Sequence[Policy], tape: Sequence[Made], beginning: Beginning | None = None
) -> list[Alarm]:
    """The alarms that these policies raise over this tape, with the actions that they take.

    With the versions that judged the run (and its user's tau), in their order, and with what its gate began
    from, these are the decisions that were taken, bit for bit. Without a beginning it is a new run's.
    """
    beginning = beginning or Beginning(tuple(policy.key for policy in policies))
    first = len(beginning.indexes)
    steps = [
        Recorded(index, place, made.origin, made.scores)
        for place, (index, made) in enumerate(zip(beginning.indexes, tape, strict=False))
    ]
    resumed: Resumed[None] = resume(
        policies, steps, beginning.events, beginning.own, beginning.unable, beginning.most
    )
    gate, alarms = resumed.gate, list(resumed.answer.alarms)
    expected = _injects(resumed.answer)
    for place, made in enumerate(tape[first:], first):
        if gate.ended:
            break
        if made.origin == END:
            answer = gate.close(made.scores)
        else:
            if made.origin == NUDGE and not expected:
                gate.nudged()  # by an alarm that isn't on this tape
            answer = gate.take(Token(None, place, made.origin, made.scores, made.stop))
        alarms += answer.alarms
        expected = made.origin == NUDGE or _injects(answer)
    return alarms


def assumed(policies: Sequence[Policy], tape: Sequence[Made], shared: int) -> Beginning:
    """Of a tape that doesn't hold it: the first tokens were a parent's. What was done among them isn't known,
    but for the words that were injected: a fork in their middle looks like one behind them."""
    steps = [Recorded(place, place, made.origin, made.scores) for place, made in enumerate(tape[:shared])]
    keys = tuple(policy.key for policy in policies)
    return Beginning(keys, indexes=tuple(range(shared)), own=shared, events=tuple(_nudges(steps)))


def _injects(answer: Answer[None]) -> bool:
    return any(isinstance(order, Inject) for order in answer.orders)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line that is reached at this place of the tape: by the judgement that came with that token."""

    place: int
    guard: str
    statistic: float
    threshold: float
    hard: bool


class Trace(NamedTuple):
    statistics: list[dict[str, float]]  # by guard, a row for each token; empty where nothing was judged
    crossings: list[Crossing]  # each time an alarm goes on


def counterfactual(spec: Spec, tape: Sequence[Made]) -> Trace:
    """Where this policy, or this tau in it, would have fired over the text as it was.

    What it would have done about it can't be known beyond its first alarm: from there the text would have
    been another. Rules begin anew where words were injected, and go back where tokens were taken back.
    """
    watcher = Watcher(Policy("", spec))
    trace = Trace([], [])
    fork: Watch | None = None  # what was known before the tokens that were taken back
    before = ""
    for place, made in enumerate(tape):
        back = made.fate in (Fate.DROPPED, Fate.RETRACTED)
        if back and fork is None:
            fork = watcher.watch
        elif not back and fork is not None and made.origin != END:
            watcher.watch, fork = fork, None
        row: dict[str, float] = {}
        if made.origin == NUDGE:
            if before != NUDGE:
                watcher.reset(nudged=True)
        elif before != NUDGE:
            row = _judge(watcher, made.scores, place, trace)
        trace.statistics.append(row)
        before = made.origin
    return trace


def _judge(watcher: Watcher, scores: Scores, place: int, trace: Trace) -> dict[str, float]:
    was_on = watcher.watch.firing is not None
    try:
        readings = watcher.judge(watcher.check(scores))
    except Failed:
        return {}
    firing = watcher.watch.firing
    if firing is not None and not was_on:
        crossing = Crossing(
            place,
            firing.evidence.name,
            firing.statistic,
            firing.evidence.threshold or 0.0,
            watcher.watch.hard,
        )
        trace.crossings.append(crossing)
    return {each.name: reading.statistic for each, reading in zip(watcher.evidence, readings, strict=True)}


def _nudges(steps: Sequence[Recorded]) -> list[Event]:
    """The nudges that the shared tokens hold."""
    events: list[Event] = []
    for place, step in enumerate(steps):
        if step.origin == NUDGE and (place == 0 or steps[place - 1].origin != NUDGE):
            rest = steps[place:]
            count = next((n for n, later in enumerate(rest) if later.origin != NUDGE), len(rest))
            events.append(Event("nudge", place, "", "", 0.0, 0.0, steps=count))
    return events
