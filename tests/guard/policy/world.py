"""A made-up model that writes and judges by its seed alone, and the driving of a gate with it.

The same text is always continued and judged in the same way, as an engine does, so a run that was killed and
resumed can be compared with one that wasn't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from guard.policy import (
    Answer,
    Ban,
    End,
    Event,
    Gate,
    Inject,
    Policy,
    Recorded,
    Released,
    Resumed,
    Rewind,
    Steer,
    Token,
)
from guard.policy.resume import resume

Paid = tuple[int, str, dict[str, float]]

MASK = (1 << 64) - 1
STOP = 0
NUDGES = {"nudge a": (900, 901, 902), "nudge b": (910, 911)}
GUARDS = ("a", "b")
BROKEN = (float("nan"), float("inf"), -float("inf"), 2.0, -0.5, None, "missing")


def mix(*numbers: int) -> int:
    value = 0x9E3779B97F4A7C15
    for number in numbers:
        value = ((value ^ number) * 0xBF58476D1CE4E5B9) & MASK
        value ^= value >> 29
    return value


@dataclass(frozen=True)
class Model:
    """`heat` is how likely a stretch of text looks unsafe; at offset `fails` a guard answers `failure`."""

    seed: int
    longest: int  # sampled tokens
    heat: int  # of 16
    forced: tuple[tuple[int, str], ...] = ()
    fails: int | None = None
    failure: object = None

    def next(self, text: int, offset: int, banned: frozenset[int], steered: bool) -> int:
        for attempt in range(99):
            drawn = mix(self.seed, text, offset, attempt, steered)
            token = STOP if drawn % 40 == 0 else 1 + (drawn >> 8) % 60
            if token not in banned:
                return token
        raise AssertionError("Everything is banned.")

    def scores(self, text: int, offset: int, after_nudge: bool = False) -> dict[str, float]:
        made: dict[str, float] = {}
        for place, guard in enumerate(GUARDS):
            mood = mix(self.seed, offset // 4, text >> 60, place) % 16
            level = (mix(self.seed, text, offset, place) & 0xFFFF) / 0xFFFF
            made[guard] = 1 - (1 - level) / 12 if mood < self.heat else level * 0.7
        if offset == self.fails:
            if self.failure == "missing":
                del made["a"]
            else:
                made["a"] = self.failure  # type: ignore[assignment]
        return made


@dataclass
class Story:
    """What came of a run: released (index, id), events and the end, in order; and the alarms."""

    out: list[object] = field(default_factory=list)
    end: str = ""
    alarms: list[tuple[str, str, bool]] = field(default_factory=list)
    made: int = 0
    gate: Gate[Paid] | None = None  # the last one


class Driver:
    """Plays the worker and the engine; `kills`: after how many tokens the process dies."""

    def __init__(
        self, policies: Sequence[Policy], model: Model, kills: frozenset[int], chance: Random
    ) -> None:
        self.policies = policies
        self.model = model
        self.kills = kills
        self.chance = chance
        self.gate: Gate[Paid] = Gate(policies, most=model.longest)
        self.answers: list[list[Released[Paid] | Event]] = []
        self.safe = 0  # answers that are recorded for sure
        self.story = Story()
        self.alarms: dict[str, tuple[str, str, bool]] = {}
        self.ids: list[int] = []
        self.origins: list[str] = []
        self.hashes = [1]
        self.queue = list(model.forced)
        self.banned: frozenset[int] = frozenset()
        self.steered = 0
        self.first = 0  # offset of the run's own first token

    def play(self) -> Story:
        while not self.story.end:
            self.story.made += 1
            assert self.story.made < 3000, "It never ends."
            if self.story.made in self.kills and self.die():
                break
            ended = self._ended()
            scores = self.model.scores(self.hashes[-1], len(self.ids))
            if ended:
                self.do(self.gate.close(scores))
                if self.gate.ended:
                    self.story.end = self.story.end or ("length" if self.gate.cut else ended)
                continue
            steered = self.steered > 0
            token, origin = self._token()
            self.add(token, origin, steered and origin == "sampled")
            stop = origin == "sampled" and token == STOP
            judged = {} if origin == "nudge" else scores
            self.do(self.gate.take(Token((token, origin, scores), token, origin, judged, stop)))
        out = [each for answer in self.answers for each in answer]
        self.story.out = [
            (each.index, each.payload[0]) if isinstance(each, Released) else each for each in out
        ]
        self.story.alarms = list(self.alarms.values())
        self.story.gate = self.gate
        return self.story

    def _ended(self) -> str:
        if self.queue:
            return ""
        if self.ids and self.ids[-1] == STOP and self.origins[-1] == "sampled":
            return "eos"
        sampled = self.origins[self.first :].count("sampled")
        return "length" if sampled >= self.model.longest + self.gate.ahead else ""

    def _token(self) -> tuple[int, str]:
        if self.queue:
            return self.queue.pop(0)
        banned, self.banned = self.banned, frozenset()
        steered, self.steered = self.steered > 0, max(0, self.steered - 1)
        return self.model.next(self.hashes[-1], len(self.ids), banned, steered), "sampled"

    def add(self, token: int, origin: str, steered: bool = False) -> None:
        """What was steered stays in what the model keeps of the text."""
        self.ids.append(token)
        self.origins.append(origin)
        self.hashes.append(mix(self.hashes[-1], token, steered))

    def cut(self, to: int) -> None:
        del self.ids[to:], self.origins[to:], self.hashes[to + 1 :]
        self.queue = []
        self.banned = frozenset()
        self.steered = 0

    def do(self, answer: Answer[Paid]) -> None:
        out = [
            replace(each, steps=len(NUDGES[each.text])) if isinstance(each, Event) and each.text else each
            for each in answer.out
        ]
        self.answers.append(out)
        for alarm in answer.alarms:
            self.alarms[alarm.key] = (alarm.policy, alarm.action, alarm.done)
        for order in answer.orders:
            match order:
                case Rewind(to):
                    self.cut(to)
                case Inject(text, done):
                    self.queue = [(token, "nudge") for token in NUDGES[text][done:]]
                    self.steered = 0
                case Ban(ids, _):
                    self.banned = ids
                case Steer(tokens=tokens):
                    self.steered = tokens
                case End(reason):
                    self.story.end = reason

    def die(self) -> bool:
        """All that wasn't recorded is gone; another process goes on. Whether it finds that all is over."""
        self.safe = self.chance.randint(self.safe, len(self.answers))
        self.answers = self.answers[: self.safe]
        out = [each for answer in self.answers for each in answer]
        self.restore(out, own=0)
        return bool(self.story.end)

    def restore(self, out: Sequence[Released[Paid] | Event], own: int) -> None:
        """Goes on behind what was recorded; with `own` above 0 as a branch."""
        events = [each for each in out if isinstance(each, Event)]
        steps = [Recorded(each.index, *each.payload) for each in out if isinstance(each, Released)]
        gone = [range(event.first, event.last + 1) for event in events if event.kind == "retract"]
        resumed: Resumed[Paid] = resume(self.policies, steps, events, own, most=self.model.longest)
        self.gate = resumed.gate
        self.first = self.gate.course.own
        steered = [place.steered is not None for place in self.gate.course.line.places]
        self.ids, self.origins, self.hashes = [], [], [1]
        for step in steps:
            if not any(step.index in each for each in gone):
                # What is behind those that stand is taken back at once.
                self.add(step.id, step.origin, bool(steered and steered.pop(0)))
        self.queue = [] if events else list(self.model.forced[len(self.ids) :])
        self.banned, self.steered = frozenset(), 0
        self.do(resumed.answer)


def play(
    policies: Sequence[Policy], model: Model, kills: frozenset[int] = frozenset(), seed: int = 0
) -> Story:
    return Driver(policies, model, kills, Random(seed)).play()
