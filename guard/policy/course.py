"""How one run stands between its policies and its reader, and the doing of what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Generic

from guard.policy.actions import ACTIONS, Sight
from guard.policy.answer import Answer, Released
from guard.policy.events import Alarm, Event
from guard.policy.line import Line, Place
from guard.policy.orders import Ban, End, Inject, Rewind, Steer
from guard.policy.token import GIVEN, NUDGE, SAMPLED, P, Scores, Token
from guard.policy.watcher import Firing, Policy, Turn, Watcher

WITHDRAWN: Final = "This part of the answer was withdrawn by the safety policy."


class Course(Generic[P]):
    """Belongs to one gate. Everything that it knows follows from the recorded steps, their scores and the
    recorded events, so that `resume` can make it again."""

    def __init__(self, policies: Sequence[Policy], unable: Iterable[str], most: int | None = None) -> None:
        if len({policy.key for policy in policies}) != len(policies):
            raise ValueError("Two policies have the same key.")
        self.watchers = tuple(Watcher(policy) for policy in policies)
        self.live = tuple(each for each in self.watchers if each.live)
        self.hold = max((each.spec.hold for each in self.live), default=0)
        self.unable = frozenset(unable)
        self.line: Line[P] = Line()
        self.nudges = 0
        self.most = most  # sampled tokens of the run's own that may leave; None: all
        self.left = 0  # how many of them have, and stand
        self.cut = False  # at the end, more were made than left
        self.own = 0  # offset of the run's own first token
        self.ended = False
        self.broken: set[str] = set()  # policies whose evidence failed, once that was said
        self.bans: dict[int, frozenset[int]] = {}  # by offset
        self.steering: Steer | None = None  # by what the next token is steered, and for how many it holds
        self.waiting: dict[int, Event] = {}  # by offset: leaves right before the token there

    def add(self, token: Token[P]) -> Place[P]:
        """The next one that stands."""
        place = self.line.add(token, tuple(each.watch for each in self.watchers))
        near = self.line.places[-1 - self.hold :]
        place.led = any(one.token.origin not in (SAMPLED, NUDGE) for one in near)
        last = self.line.places[-2] if len(self.line) > 1 else None
        if token.origin == NUDGE and last is not None and last.token.origin != NUDGE:
            # In the place of the first word of the guard's, the model would go on with what it had begun.
            place.led, place.calm = True, last.calm
        if self.steering is not None and token.origin == SAMPLED:
            place.steered = self.steering
            left = self.steering.tokens - 1
            self.steering = replace(self.steering, tokens=left) if left else None
        return place

    def sight(self, watcher: Watcher, closing: bool) -> Sight:
        line = self.line
        newest = line.places[-1].token if line.places else None
        # What an alarm that is owed since the fork meets was asked for behind it.
        is_owed = watcher.watch.pending is not None
        passes = not (self.hold or is_owed) and newest is not None and not newest.stop
        return Sight(
            standing=len(line),
            released=line.released,
            leaving=len(line) if passes else line.released,
            floor=line.floor,
            calm=line.calm(),
            nudge=watcher.spec.nudge,
            refusal=watcher.spec.refusal,
            closing=closing,
        )

    @property
    def is_reading(self) -> bool:
        """Somebody's text is only read: there is nothing to steer in it."""
        return self.own < len(self.line) and self.line.places[self.own].token.origin == GIVEN

    def edge(self) -> int:
        """Up to which offset the answer may be shown when it is over. What the model didn't end itself is
        confirmed only as far as the hold's tokens stand behind it; forced ones end as they do."""
        line = self.line
        if self.most is None or not line.places or line.places[-1].token.stop:
            return len(line)
        return max(len(line) - self.hold, line.floor)

    def behind(self, scores: Scores) -> Scores:
        """The judgement behind the last token that left; `scores` is the one behind all."""
        line = self.line
        return line.places[line.released].token.scores if line.held else scores

    def release(self, answer: Answer[P], upto: int) -> None:
        """All up to this offset leaves, but for what lies beyond the most that may."""
        line = self.line
        while line.released < upto:
            if line.places[line.released].token.origin == SAMPLED:
                if self.left == self.most:
                    return
                self.left += 1
            waiting = self.waiting.pop(line.released, None)
            if waiting is not None:
                answer.out.append(replace(waiting, at=line.next))
            answer.out.append(Released(*line.release()))

    def drop(self, answer: Answer[P], keep: int) -> tuple[int, int] | None:
        """Takes back all from `keep` on. The public indexes (first, last) that had been released."""
        dropped, gone = self.line.cut(keep)
        if gone is not None:
            self.left = sum(place.token.origin == SAMPLED for place in self.line.places[self.own :])
        answer.dropped += dropped
        self.bans = {offset: ids for offset, ids in self.bans.items() if offset <= keep}
        self.waiting = {offset: event for offset, event in self.waiting.items() if offset < keep}
        return gone

    def do(self, answer: Answer[P], watcher: Watcher, turn: Turn) -> None:
        """One policy's action."""
        plan, line = turn.plan, self.line
        firing, keep = watcher.current, self.own if turn.plan.retracts_all else plan.keep
        watcher.used[turn.place] += 1
        self.steering = None
        if plan.passes:
            self.release(answer, keep)
        cut = line.places[keep] if keep < len(line) else None
        gone = self.drop(answer, keep)
        event = self._event(watcher, turn, firing)
        if gone is not None:
            first, last = gone
            withdrawn = replace(event, kind="retract", first=first, last=last, reason=WITHDRAWN)
            answer.out.append(withdrawn)
        if cut is not None or any(isinstance(order, Steer) for order in plan.orders):
            answer.orders.append(Rewind(keep))  # what was still to be forced is dropped too
        if cut is not None:
            for each, watch in zip(self.watchers, cut.before, strict=True):
                each.watch = watch
        if plan.resets:
            self.reset(nudged=ACTIONS[turn.rung.kind].nudges)
        if plan.ban is not None and cut is not None:
            self._ban(answer, event, cut.token.id, plan.ban, at_once=gone is not None)
        for order in plan.orders:
            match order:
                case Inject(text):
                    answer.out.append(replace(event, kind="nudge", text=text))
                case Steer():
                    order = replace(order, direction=order.direction or event.guard)
                    answer.out.append(replace(event, tokens=order.tokens))
                    self.steering = order
                case End():
                    self.end(answer, order)
                    return
            answer.orders.append(order)

    def reset(self, nudged: bool) -> None:
        """The text is another one from here. A ban belongs to the text that it was made for."""
        self.nudges += nudged
        self.bans.pop(len(self.line), None)
        for each in self.watchers:
            each.reset(nudged)

    def end(self, answer: Answer[P], order: End) -> None:
        answer.orders = [order]
        self.ended = True

    def alarm(
        self, watcher: Watcher, action: str, firing: Firing | None, *, done: bool, guard: str = ""
    ) -> Alarm:
        """`firing` is None where the evidence failed; then `guard` is its name."""
        line, evidence = self.line, firing.evidence if firing else None
        line_at = evidence.threshold if evidence else watcher.threshold(guard)
        done_so_far = sum(sum(each.used) for each in self.watchers)
        return Alarm(
            # A failure is told of once a run, whatever was dropped and forgotten between two of them.
            key=f"{done_so_far}.{len(line)}.{action}.{watcher.key}" if firing else f"{action}.{watcher.key}",
            policy=watcher.key,
            guard=evidence.name if evidence else guard,
            rule=watcher.spec.rule.kind,
            score=firing.statistic if firing else None,
            threshold=line_at or 0.0,
            action=action,
            done=done,
            shadow=not watcher.live,
            hard=watcher.watch.hard and firing is not None,
            at=line.next,
            held=line.held,
            released=line.released,
            retracted=line.retracted,
            dropped=line.dropped,
        )

    def _ban(self, answer: Answer[P], event: Event, token: int, cooling: float, *, at_once: bool) -> None:
        """The event leaves with the retraction; without one, a run that is resumed before the new token has
        left makes the old one again, and decides again."""
        offset = len(self.line)
        banned = self.bans.get(offset, frozenset()) | {token}
        self.bans[offset] = banned
        answer.orders.append(Ban(banned, cooling))
        event = replace(event, banned=tuple(sorted(banned)), cooling=cooling)
        if at_once:
            answer.out.append(event)
        else:
            self.waiting[offset] = event

    def _event(self, watcher: Watcher, turn: Turn, firing: Firing) -> Event:
        return Event(
            kind=turn.rung.kind,
            at=self.line.next,
            policy=watcher.key,
            guard=firing.evidence.name,
            score=firing.statistic,
            tau=firing.evidence.threshold or 0.0,
            rung=turn.place,
            used={each.key: tuple(each.used) for each in self.watchers},
        )
