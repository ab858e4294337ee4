"""One policy over one run: what its rules say of each guard's scores, and whose turn it is on its ladder."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from guard.policy.actions import ACTIONS, Plan, Sight, limit
from guard.policy.rule import Reading, Rule
from guard.policy.rung import Rung
from guard.policy.scores import ScoreBroken, quantised
from guard.policy.spec import Evidence, Spec
from guard.policy.token import Scores


@dataclass(frozen=True, slots=True)
class Policy:
    """A published version at work; `key` names it, and is the same for the same version after a restart.

    A user's tau is in its spec already (`Spec.stricter`).
    """

    key: str
    spec: Spec

    def __post_init__(self) -> None:
        if not self.spec.is_ready:
            raise ValueError("This policy has no threshold yet: calibrate it first.")


class Failed(Exception):
    """A guard of this policy gave nothing that can be judged."""

    def __init__(self, guard: str) -> None:
        super().__init__(guard)
        self.guard = guard


class Firing(NamedTuple):
    evidence: Evidence
    statistic: float


class Watch(NamedTuple):
    """What a watcher knows at one place of the text. Immutable: going back is putting an earlier one in."""

    states: tuple[Any, ...]  # one for each evidence
    firing: Firing | None = None  # the alarm is on
    pending: Firing | None = None  # one that the branched run's parent answered: to be answered here too
    hard: bool = False
    calm: bool = True
    answered: bool = False  # the alarm that is on was acted on, or there is none
    noted: bool = False  # it was written down, where it couldn't be acted on
    since: int | None = None  # tokens judged since the run's last nudge


class Watcher:
    def __init__(self, policy: Policy) -> None:
        self.key = policy.key
        self.spec = policy.spec
        self.evidence = self.spec.at("stream")
        self.rules: tuple[Rule, ...] = tuple(
            self.spec.rule.at(each.threshold) for each in self.evidence if each.threshold is not None
        )
        self.start = Watch(tuple(rule.start() for rule in self.rules))
        self.watch = self.start
        self.used = [0] * len(self.spec.ladder)

    @property
    def live(self) -> bool:
        return not self.spec.shadow

    @property
    def alarmed(self) -> bool:
        """Whether an alarm waits for its answer."""
        watch = self.watch
        return watch.pending is not None or (watch.firing is not None and not watch.answered)

    @property
    def current(self) -> Firing:
        found = self.watch.firing or self.watch.pending
        assert found is not None
        return found

    def check(self, scores: Scores) -> tuple[float, ...]:
        """The scores that it needs, as they are judged. Raises Failed."""
        levels = []
        for each in self.evidence:
            try:
                levels.append(quantised(scores.get(each.name)))
            except (ScoreBroken, TypeError):
                raise Failed(each.name) from None
        return tuple(levels)

    def judge(self, levels: tuple[float, ...]) -> list[Reading]:
        """One more token was judged. Of several guards the one furthest above its line speaks."""
        before, states, firing = self.watch, [], None
        readings: list[Reading] = []
        hard, calm, most = False, True, -math.inf
        for each, rule, state, level in zip(self.evidence, self.rules, before.states, levels, strict=True):
            state, reading = rule.judge(state, level)
            states.append(state)
            readings.append(reading)
            hard, calm = hard or reading.hard, calm and reading.calm
            if reading.on and reading.statistic - rule.threshold > most:
                most = reading.statistic - rule.threshold
                firing = Firing(each, reading.statistic)
        lasts = firing is not None and before.firing is not None
        self.watch = Watch(
            tuple(states),
            firing,
            before.pending,
            hard,
            calm,
            lasts and before.answered,
            lasts and before.noted,
            None if before.since is None else before.since + 1,
        )
        return readings

    def reset(self, nudged: bool) -> None:
        """The text is another one from here: back to the prior. The cool-down begins with a nudge."""
        self.watch = self.start._replace(since=0 if nudged else self.watch.since)

    def answer(self) -> None:
        self.watch = self.watch._replace(answered=True, pending=None)

    def owe(self) -> None:
        """An alarm that is on at a fork is answered in the branch, however the branch goes on."""
        if self.alarmed:
            self.watch = self.watch._replace(pending=self.current)

    def owe_for(self, guard: str, statistic: float) -> None:
        """The same for an alarm that was raised by tokens which are gone."""
        for each in self.evidence:
            if each.name == guard:
                self.watch = self.watch._replace(pending=Firing(each, statistic))

    def threshold(self, guard: str) -> float | None:
        return next((each.threshold for each in self.evidence if each.name == guard), None)

    def note(self) -> None:
        self.watch = self.watch._replace(noted=True)

    def turn(self, sight: Sight, nudges: int, unable: frozenset[str]) -> Turn | None:
        """Which rung answers the alarm, and how. None: it has to wait for the cool-down's end.

        A hard stop, and the end of the run, don't wait: they go on to what isn't a nudge.
        """
        cooling = self.watch.since is not None and self.watch.since <= self.spec.cooldown
        for place, rung in enumerate(self.spec.ladder):
            action = ACTIONS[rung.kind]
            last = place == len(self.spec.ladder) - 1
            if rung.kind in unable or (not last and self._is_spent(place, rung, nudges)):
                continue
            if action.nudges and cooling:
                if self.watch.hard or sight.closing:
                    continue
                return None
            plan = action.plan(rung, sight)
            if plan is not None:
                return Turn(place, rung, plan)
        raise AssertionError("The last rung of a ladder is always possible.")

    def _is_spent(self, place: int, rung: Rung, nudges: int) -> bool:
        most = limit(rung)
        if most is not None and self.used[place] >= most:
            return True
        return ACTIONS[rung.kind].nudges and (nudges if self.live else self._nudged) >= self.spec.nudges

    @property
    def _nudged(self) -> int:
        """How often a shadow policy would have nudged."""
        pairs = zip(self.spec.ladder, self.used, strict=True)
        return sum(count for rung, count in pairs if ACTIONS[rung.kind].nudges)


class Turn(NamedTuple):
    place: int  # of the rung on its ladder
    rung: Rung
    plan: Plan
