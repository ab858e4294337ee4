"""What a run has to come to, said in the plainest way: at each token everything is looked at from the start.

Written apart from the gate, from the rules' descriptions alone, and sharing none of its parts: no state is
carried along but the text, and what was done at which place of it. Slow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.guard.policy.world import NUDGES, STOP, Model, mix

HEAVY = {"flag": 0, "steer": 1, "backtrack": 2, "nudge": 3, "rollback+nudge": 4, "refuse": 5, "block": 6}
NUDGING = ("nudge", "rollback+nudge")
TIMES = {"flag": 1, "backtrack": 2, "steer": 1}


@dataclass
class Tok:
    id: int
    origin: str
    scores: dict[str, float]
    index: int | None = None
    steered: bool = False


@dataclass
class Oracle:
    """`specs` as JSON, in order; the keys are their places."""

    specs: Sequence[dict[str, Any]]
    model: Model
    text: list[Tok] = field(default_factory=list)
    out: list[Any] = field(default_factory=list)
    alarms: list[tuple[str, str, bool]] = field(default_factory=list)
    end: str = ""
    restarts: list[tuple[int, bool]] = field(default_factory=list)  # (offset, whether by a nudge)
    flags: list[tuple[int, str]] = field(default_factory=list)  # (tokens judged by then, policy)
    bans: dict[int, set[int]] = field(default_factory=dict)
    queue: list[tuple[int, str]] = field(default_factory=list)
    steered: int = 0
    nudged: int = 0
    index: int = 0
    used: list[list[int]] = field(default_factory=list)
    memory: dict[tuple[int, tuple[float, ...]], float] = field(default_factory=dict)

    def run(self) -> Oracle:
        self.used = [[0] * len(spec["ladder"]) for spec in self.specs]
        self.queue = list(self.model.forced)
        while not self.end:
            self.step()
        return self

    # -- the model

    def step(self) -> None:
        value = 1
        for tok in self.text:
            value = mix(value, tok.id, tok.steered)
        scores = self.model.scores(value, len(self.text))
        over = self.over()
        if over:
            self.judge(scores, closing=True)
            if not self.queue and self.over() == over and not self.moved:
                cut = any(tok.index is None for tok in self.text)
                self.end = self.end or ("length" if cut else over)
            return
        steered = False
        if self.queue:
            id, origin = self.queue.pop(0)
        else:
            steered = self.steered > 0
            banned = frozenset(self.bans.get(len(self.text), ())) if self.banning else frozenset()
            id, origin = self.model.next(value, len(self.text), banned, steered), "sampled"
            self.steered = max(0, self.steered - 1)
            self.banning = False
        self.text.append(Tok(id, origin, scores, steered=steered))
        if origin == "nudge":
            self.show(len(self.text))
        else:
            self.judge(scores, closing=False)

    banning: bool = False
    moved: bool = False

    def over(self) -> str:
        if self.queue:
            return ""
        if self.text and self.text[-1].origin == "sampled" and self.text[-1].id == STOP:
            return "eos"
        sampled = sum(tok.origin == "sampled" for tok in self.text)
        return "length" if sampled >= self.model.longest + self.hold() else ""

    def hold(self) -> int:
        """As many tokens are written beyond those that may be shown."""
        return max((spec["hold"] for spec in self.specs if not spec["shadow"]), default=0)

    # -- what is judged: scores[i] judges the first i tokens

    def counted(self, offset: int) -> bool:
        """Whether the judgement of the first `offset` tokens counts."""
        injected = offset > 0 and self.text[offset - 1].origin == "nudge"
        itself = offset < len(self.text) and self.text[offset].origin == "nudge"
        return not injected and not itself

    def told(self, spec: dict[str, Any], offset: int, last: dict[str, float]) -> bool:
        """Whether all guards of the policy gave a score for it."""
        scores = self.text[offset].scores if offset < len(self.text) else last
        given = [scores.get(evidence["name"]) for evidence in spec["evidence"]]
        return all(isinstance(score, float) and 0 <= score <= 1 for score in given)

    def history(self, spec: dict[str, Any], guard: str, upto: int, last: dict[str, float]) -> list[float]:
        """All that counts since the last restart, up to the judgement of the first `upto` tokens."""
        begin = max([offset for offset, _ in self.restarts if offset <= upto], default=0)
        rows = []
        for offset in range(begin, upto + 1):
            if self.counted(offset) and self.told(spec, offset, last):
                scores = self.text[offset].scores if offset < len(self.text) else last
                rows.append(round(scores[guard] * 65533) / 65533)
        return rows

    def remembered(self, rule: dict[str, Any], scores: tuple[float, ...]) -> float:
        """The same question has the same answer: only to save time."""
        key = (id(rule), scores)
        if key not in self.memory:
            self.memory[key] = self.statistic(rule, list(scores))
        return self.memory[key]

    def statistic(self, rule: dict[str, Any], scores: list[float]) -> float:
        if rule["kind"] == "classic":
            return scores[-1] if len(scores) > rule["warmup"] else -1.0
        if rule["kind"] == "consecutive":
            return min(scores[-rule["k"] :]) if len(scores) >= rule["k"] else -1.0
        logits = [self.logit(score) for score in scores]
        starts = [0, *range(max(0, len(logits) - rule["window"]), len(logits))]
        best = max(self.mean(rule, logits[start:]) for start in starts)
        if len(logits) >= rule["row"]:
            best = max(best, min(logits[-rule["row"] :]) - 1.5)
        return 1 / (1 + math.exp(-best))

    def hard(self, rule: dict[str, Any], scores: list[float], threshold: float) -> bool:
        if rule["kind"] != "ema" or len(scores) < rule["row"]:
            return False
        lowest = min(self.logit(score) for score in scores[-rule["row"] :]) - 1.5
        return 1 / (1 + math.exp(-lowest)) >= threshold

    @staticmethod
    def logit(score: float) -> float:
        if score in (0.0, 1.0):
            return 12 * score - 6
        return min(max(math.log(score / (1 - score)), -6.0), 6.0)

    @staticmethod
    def mean(rule: dict[str, Any], logits: list[float]) -> float:
        value = rule["prior"]
        for logit in logits:
            value = (1.0 - rule["a"]) * value + rule["a"] * logit
        return float(value)

    def line(self, rule: dict[str, Any], threshold: float) -> float:
        """At or below it an `ema` goes off again."""
        high = self.logit(threshold)
        return 1 / (1 + math.exp(-min(max(high - rule["slack"], rule["prior"]), high)))

    def reading(self, spec: dict[str, Any], upto: int, last: dict[str, float]) -> tuple[bool, bool, bool]:
        """(on, hard, calm) of a policy at the judgement of the first `upto` tokens."""
        rule, results = spec["rule"], []
        for evidence in spec["evidence"]:
            threshold, scores = evidence["threshold"], self.history(spec, evidence["name"], upto, last)
            if not scores:
                results.append((False, False, True))
                continue
            statistics = [self.remembered(rule, tuple(scores[:n])) for n in range(1, len(scores) + 1)]
            on = statistics[-1] >= threshold
            calm = not on
            if rule["kind"] == "consecutive":
                calm = scores[-1] < threshold
            if rule["kind"] == "ema":
                low = self.line(rule, threshold)
                calm = statistics[-1] <= low and not on
                for value in reversed(statistics):
                    if value >= threshold:
                        on = True
                    if value >= threshold or value <= low:
                        break
            results.append((on, self.hard(rule, scores, threshold), calm))
        return (
            any(row[0] for row in results),
            any(row[1] for row in results),
            all(row[2] for row in results),
        )

    def answered(self, place: int, upto: int, last: dict[str, float]) -> bool:
        """Whether the alarm that is on was written down since it went on."""
        for offset in range(upto, -1, -1):
            begun = any(at <= upto and at > offset for at, _ in self.restarts)
            if begun:
                return False
            if self.counted(offset) and not self.reading(self.specs[place], offset, last)[0]:
                return False
            if (offset, str(place)) in self.flags:
                return True
        return False

    # -- what is done

    def judge(self, scores: dict[str, float], closing: bool) -> None:
        self.moved = False
        upto = len(self.text) if closing else len(self.text) - 1
        for spec in self.specs:
            if not self.told(spec, upto, scores) and not spec["shadow"]:
                self.end = "failed"
        if self.end:
            self.text = [tok for tok in self.text if tok.index is not None]
            return
        hold = self.hold()
        alarmed = []
        for place, spec in enumerate(self.specs):
            on, hard, _ = self.reading(spec, upto, scores)
            if on and not self.answered(place, upto, scores):
                alarmed.append((place, spec, hard))
        acting, waiting = [], False
        for place, spec, hard in alarmed:
            turn = self.turn(place, spec, hard, hold, upto, scores, closing)
            if turn is None:
                waiting = waiting or not spec["shadow"]
            elif turn[1]["kind"] == "flag" or spec["shadow"]:
                self.alarms.append((str(place), turn[1]["kind"], not spec["shadow"]))
                self.used[place][turn[0]] += 1
                self.flags.append((upto, str(place)))
            else:
                acting.append((place, *turn))
        if acting:
            chosen = max(acting, key=lambda row: HEAVY[row[2]["kind"]])
            self.alarms += [(str(row[0]), row[2]["kind"], row is chosen) for row in acting]
            self.act(*chosen, hold, upto, scores)
        elif closing:
            stopped = self.text and self.text[-1].id == STOP and self.text[-1].origin == "sampled"
            self.show(len(self.text) if stopped else max(len(self.text) - hold, self.floor()))
        elif not (waiting and hold):
            stop = self.text[-1].id == STOP and self.text[-1].origin == "sampled"
            live = any(not spec["shadow"] for spec in self.specs)
            self.show(len(self.text) - (hold or (1 if stop and live else 0)))

    def turn(
        self, place: int, spec: dict[str, Any], hard: bool, hold: int, upto: int, last: Any, closing: bool
    ) -> tuple[int, dict[str, Any]] | None:
        nudges = self.nudged
        if spec["shadow"]:
            pairs = zip(spec["ladder"], self.used[place], strict=True)
            nudges = sum(n for rung, n in pairs if rung["kind"] in NUDGING)
        since = self.since(spec, upto, last)
        for number, rung in enumerate(spec["ladder"]):
            kind, is_last = rung["kind"], number == len(spec["ladder"]) - 1
            most = rung.get("times", TIMES.get(kind, math.inf))
            if not is_last and (
                self.used[place][number] >= most or (kind in NUDGING and nudges >= spec["nudges"])
            ):
                continue
            if kind in NUDGING and since is not None and since <= spec["cooldown"]:
                if hard or closing:
                    continue
                return None
            if kind == "backtrack" and self.checkpoint(last, upto) >= len(self.text):
                continue
            if kind == "steer" and closing and self.edge(hold) == len(self.text):
                continue
            return number, rung
        raise AssertionError

    def since(self, spec: dict[str, Any], upto: int, last: dict[str, float]) -> int | None:
        """Judgements that counted since the last nudge."""
        nudges = [offset for offset, nudge in self.restarts if nudge]
        if not nudges:
            return None
        return sum(
            self.counted(offset) and self.told(spec, offset, last) for offset in range(max(nudges), upto + 1)
        )

    def floor(self) -> int:
        return max([n + 1 for n, tok in enumerate(self.text) if tok.origin != "sampled"], default=0)

    def checkpoint(self, last: dict[str, float], upto: int) -> int:
        """The last offset that a harmless text led to; where forced words end, if there is none."""
        floor = self.floor()
        for offset in range(len(self.text) - 1, floor - 1, -1):
            live = [spec for spec in self.specs if not spec["shadow"]]
            if not self.counted(offset) or all(self.reading(spec, offset, last)[2] for spec in live):
                return offset
        return floor

    def shown(self) -> int:
        return sum(tok.index is not None for tok in self.text)

    def edge(self, hold: int) -> int:
        """What will have left when the newest token has, if it may."""
        stop = self.text and self.text[-1].id == STOP and self.text[-1].origin == "sampled"
        return self.shown() if hold or stop else len(self.text)

    def act(
        self, place: int, number: int, rung: dict[str, Any], hold: int, upto: int, last: dict[str, float]
    ) -> None:
        kind, spec = rung["kind"], self.specs[place]
        self.used[place][number] += 1
        keep = self.shown()
        if kind in ("nudge", "steer"):
            keep = self.edge(hold)
            self.show(keep)
        elif kind == "rollback+nudge":
            keep = min(keep, self.checkpoint(last, upto))
        elif kind == "backtrack":
            keep = self.checkpoint(last, upto)
            self.bans.setdefault(keep, set()).add(self.text[keep].id)
        elif kind == "block":
            keep = 0
        gone = [tok.index for tok in self.text[keep:] if tok.index is not None]
        if gone:
            self.out.append(("retract", gone[0], gone[-1]))
        self.moved = len(self.text) > keep
        self.text = self.text[:keep]
        if kind in ("refuse", "block"):
            self.end = "blocked"
            return
        self.restarts = [(at, nudge) for at, nudge in self.restarts if at <= keep]
        self.flags = [(at, policy) for at, policy in self.flags if at < keep]
        self.bans = {at: ids for at, ids in self.bans.items() if at <= keep}
        if self.moved:
            self.queue = []
        self.steered = 0
        self.banning = kind == "backtrack"
        if kind == "steer":
            self.steered, self.queue = rung["tokens"], []
        if kind != "backtrack":
            self.restarts.append((keep, kind in NUDGING))
            self.bans.pop(keep, None)
        if kind in NUDGING:
            self.nudged += 1
            self.queue = [(id, "nudge") for id in NUDGES[spec["nudge"]]]
            self.out.append(("nudge", self.index))

    def show(self, upto: int) -> None:
        sampled = 0
        for tok in self.text[: max(upto, 0)]:
            sampled += tok.origin == "sampled"
            if sampled > self.model.longest:
                return
            if tok.index is None:
                tok.index, self.index = self.index, self.index + 1
                self.out.append((tok.index, tok.id))
