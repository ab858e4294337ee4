"""The one door through which steps leave.

Each token comes in once, in the order in which the model's process made it, with the scores of the text
before it; out come the payloads that may leave now. With a hold of h ≥ 1 a token leaves when h more were
made and none of the judgements up to then, its own among them, raised an alarm; or when the model itself
ended its answer there, after the judgement behind its last token. With a hold of 0 it leaves at once, and
its judgement comes a token later.

So that a run of a few tokens shows no more than the same few of a long one, whoever knows how many are asked
for (`most`) has the model write `ahead` more: they are judged and never leave. Where the model has no room
for them, as many fewer do.

What else the model might have said is what it would say next, so a word at a time it would be an answer too.
Where somebody else's words stand, and as far behind them as the hold reaches, it is told only where no policy
sees anything in the text before.

Guarantees, whatever comes: no token leaves that a failed judgement came with, or that is held then; what was
dropped never leaves; public indexes are given in the order of release and never twice; nudges end (each
policy's `nudges` a run), and judging goes on until the run ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Generic

from guard.policy.actions import ACTIONS
from guard.policy.answer import Answer
from guard.policy.beginning import Beginning
from guard.policy.course import Course
from guard.policy.orders import End
from guard.policy.token import END, NUDGE, Fate, P, Scores, Seen, Token
from guard.policy.watcher import Failed, Policy, Turn, Watcher

UNANSWERED: Final = "The safety check did not answer."
ERROR: Final = "error"
FAILED: Final = "failed"


class Gate(Generic[P]):
    """For one run, used by one thread. All policies that judge it, live and shadow, stand in one gate:
    a token leaves when the strictest lets it, and of several actions at once the heaviest is done."""

    def __init__(
        self, policies: Sequence[Policy], unable: Iterable[str] = (), most: int | None = None
    ) -> None:
        """`unable`: kinds of actions that this engine can't do; the next rung is taken instead. `most`: how
        many sampled tokens of the run's own may leave, where more are made; None: all that are made."""
        self.course: Course[P] = Course(policies, unable, most)
        self.scores: Scores = {}  # at the end: the judgement behind the last token that stands
        self.beginning = Beginning(tuple(policy.key for policy in policies), self.course.unable, most)

    # -- the three verbs

    def take(self, token: Token[P]) -> Answer[P]:
        """The next token, of whatever origin."""
        course = self.course
        self._check_open()
        if token.origin == NUDGE and course.line.held:
            raise RuntimeError("Nobody ordered these words: what is held before them was not judged.")
        answer: Answer[P] = Answer()
        place = course.add(token)
        if token.origin == NUDGE:
            course.release(answer, len(course.line))
        elif self._judge(token.scores, answer, counted=place.counted):
            place.calm = all(each.watch.calm for each in course.live)
            self._decide(answer, closing=False)
        return answer

    def close(self, scores: Scores) -> Answer[P]:
        """The judgement behind the last token. The run is over, unless the answer `goes_on`."""
        course = self.course
        self._check_open()
        answer: Answer[P] = Answer()
        course.line.seen.append(Seen(None, Fate.RELEASED, scores, END))
        if self._judge(scores, answer, counted=not course.line.after_nudge):
            self._decide(answer, closing=True)
        course.ended = not answer.goes_on
        if course.ended:
            self.scores = course.behind(scores)
            course.drop(answer, course.line.released)
        return answer

    def abandon(self) -> Answer[P]:
        """The run ends without a last judgement (cancelled, engine failed): what is held is dropped."""
        answer: Answer[P] = Answer()
        self.course.drop(answer, self.course.line.released)
        self.course.ended = True
        return answer

    def nudged(self) -> None:
        """In a replay: words were injected for a reason that the tape doesn't hold."""
        self.course.drop(Answer(), self.course.line.released)
        self.course.steering = None
        self.course.reset(nudged=True)

    # -- what is known

    @property
    def seen(self) -> list[Seen[P]]:
        """Every token in the order in which it was made, and what became of it: for the audit."""
        return self.course.line.seen

    @property
    def ended(self) -> bool:
        return self.course.ended

    @property
    def nudges(self) -> int:
        return self.course.nudges

    @property
    def next(self) -> int:
        """The public index of the next token that leaves."""
        return self.course.line.next

    @property
    def standing(self) -> int:
        """How many tokens the answer has now, held ones included: where the next one stands."""
        return len(self.course.line)

    @property
    def held(self) -> int:
        return self.course.line.held

    @property
    def ahead(self) -> int:
        """How many tokens are to be made beyond those that may leave."""
        return 0 if self.course.most is None else self.course.hold

    @property
    def cut(self) -> bool:
        """Whether the model had gone on beyond what left."""
        return self.course.cut

    @property
    def retracted(self) -> int:
        return self.course.line.retracted

    @property
    def dropped(self) -> int:
        return self.course.line.dropped

    # -- its own

    def _check_open(self) -> None:
        if self.course.ended:
            raise RuntimeError("This run has ended.")

    def _judge(self, scores: Scores, answer: Answer[P], counted: bool) -> bool:
        """False when evidence failed and the run had to be ended. No text is judged by halves."""
        course = self.course
        levels, ends = [], False
        for each in course.watchers:
            try:
                levels.append((each, each.check(scores)))
            except Failed as failure:
                stops = each.spec.on_error == "block"
                if stops or each.key not in course.broken:
                    course.broken.add(each.key)
                    alarm = course.alarm(each, ERROR, None, done=stops, guard=failure.guard)
                    answer.alarms.append(alarm)
                ends = ends or stops
        if ends:
            course.drop(answer, course.line.released)
            course.end(answer, End(FAILED, UNANSWERED))
            return False
        if counted:
            for each, level in levels:
                each.judge(level)
        return True

    def _decide(self, answer: Answer[P], closing: bool) -> None:
        course = self.course
        chosen = self.settle(answer, closing)
        if chosen is not None:
            course.do(answer, *chosen)
            return
        line = course.line
        if closing:
            course.release(answer, course.edge())
            course.cut = line.released < len(line)
            return
        if course.hold and not course.is_reading and any(each.alarmed for each in course.live):
            return  # an alarm waits for the cool-down's end: nothing leaves meanwhile
        # A sampled stop token waits for the last judgement: a nudge would have to take it back.
        waits = course.hold or (1 if line.places[-1].token.stop and course.live else 0)
        course.release(answer, len(line) - waits)

    def settle(self, answer: Answer[P], closing: bool) -> tuple[Watcher, Turn] | None:
        """Writes down the alarms that change nothing; the heaviest of those that do is returned."""
        course = self.course
        alarmed = [each for each in course.watchers if each.alarmed]
        if not alarmed:
            return None
        if course.is_reading:
            self._note(answer, alarmed)
            return None
        acting: list[tuple[Watcher, Turn]] = []
        for each in alarmed:
            turn = each.turn(course.sight(each, closing), course.nudges, course.unable)
            if turn is None:
                continue
            if each.live and ACTIONS[turn.rung.kind].acts:
                acting.append((each, turn))
            else:
                answer.alarms.append(course.alarm(each, turn.rung.kind, each.current, done=each.live))
                each.used[turn.place] += 1
                each.answer()
        if not acting:
            return None
        chosen = max(acting, key=lambda pair: ACTIONS[pair[1].rung.kind].weight)
        for each, turn in acting:
            done = each is chosen[0]
            answer.alarms.append(course.alarm(each, turn.rung.kind, each.current, done=done))
        return chosen

    def _note(self, answer: Answer[P], alarmed: list[Watcher]) -> None:
        """Somebody's text that is only read: there is nothing to steer in it. A run that goes on from it
        owes the alarm its answer."""
        for each in alarmed:
            if not each.watch.noted:
                answer.alarms.append(self.course.alarm(each, "flag", each.current, done=each.live))
                each.note()
