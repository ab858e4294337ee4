"""What the audit is told of one run: each alarm, and each policy's last word when the run ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from generation import metrics
from generation.models import Run
from generation.served import Served
from generation.worker.judges import Bench, Judge, Past
from generation.worker.task import Task
from generation.worker.watch import Made
from guard.audit import tape
from guard.audit.verdicts import ERROR, PASS, Judged
from guard.policy.actions import ACTIONS
from guard.policy.events import Alarm
from guard.policy.gate import Gate
from guard.policy.token import Seen


class Ledger:
    """`texts` are the texts of the steps that left, by their index: what was withdrawn later stays here."""

    def __init__(self, run: Run, bench: Bench, texts: Sequence[str], served: Served) -> None:
        self._run = run
        self._served = served
        self._judges = {judge.key: judge for judge in bench.judges}
        self._past: dict[str, list[Past]] = {judge.key: _of(judge, bench) for judge in bench.judges}
        self.texts = list(texts)
        self.took = 0.0  # seconds

    def alarms(self, alarms: Sequence[Alarm], took: float, gate: Gate[Made]) -> list[Judged]:
        tokens, beginning = self._tape(gate.seen), gate.beginning.as_json()
        return [replace(self._alarm(alarm, took, tokens), beginning=beginning) for alarm in alarms]

    def final(self, gate: Gate[Made]) -> list[Judged]:
        tokens = self._tape(gate.seen)
        return [self._final(judge, gate, tokens) for judge in self._judges.values()]

    def _alarm(self, alarm: Alarm, took: float, tokens: Sequence[tape.Seen]) -> Judged:
        judge, so_far = self._judges[alarm.policy], self._past[alarm.policy]
        key = f"{self._run.id}:{alarm.key}"
        so_far.append(
            Past(key, judge.name, judge.number, alarm.action, alarm.guard, alarm.score, alarm.threshold)
        )
        return replace(
            entry(self._run, judge, self._served.fingerprint),
            key=key,
            guard=alarm.guard,
            action=alarm.action,
            score=alarm.score,
            threshold=alarm.threshold,
            step=alarm.at,
            alarms=len(so_far),
            took=took,
            held=alarm.held,
            released=alarm.released,
            dropped=alarm.dropped,
            retracted=alarm.retracted,
            detail=_detail(alarm),
            tokens=tokens,
        )

    def _final(self, judge: Judge, gate: Gate[Made], tokens: Sequence[tape.Seen]) -> Judged:
        alarms = self._past[judge.key]
        strongest = max(alarms, key=lambda alarm: weight(alarm.action), default=None)
        plain = entry(self._run, judge, self._served.fingerprint)
        scores = [token.scores.get(plain.guard, math.nan) for token in tokens]
        if strongest is None:
            highest = max((score for score in scores if math.isfinite(score)), default=None)
            plain = replace(plain, score=highest)
        else:
            plain = replace(
                plain,
                guard=strongest.guard,
                action=strongest.action,
                score=strongest.score,
                threshold=strongest.threshold,
            )
        return replace(
            plain,
            step=gate.next,
            shared=gate.course.own,
            final=True,
            alarms=len(alarms),
            took=self.took,
            held=gate.held,
            released=gate.next,
            dropped=gate.dropped,
            retracted=gate.retracted,
            tokens=tokens,
            beginning=gate.beginning.as_json(),
        )

    def _tape(self, seen: Sequence[Seen[Made]]) -> list[tape.Seen]:
        return [
            tape.Seen(self._text(one), tape.Fate(int(one.fate)), dict(one.scores), one.origin, one.stop)
            for one in seen
        ]

    def _text(self, one: Seen[Made]) -> str:
        if one.index is not None:
            return self.texts[one.index] if one.index < len(self.texts) else ""
        if one.payload is None:
            return ""
        return self._served.pieces.bytes_of(one.payload.step.token).decode(errors="ignore")


def entry(run: Run, judge: Judge, fingerprint: str) -> Judged:
    """What stays the same in all that is said of one policy and one run."""
    evidence = judge.spec.at("stream")[0]
    return Judged(
        key=f"{run.id}:end:{judge.key}",
        run=run.id,
        study=run.study_id,
        owner=run.owner_id,
        policy=judge.name,
        version=judge.number,
        guard=evidence.name,
        rule=judge.spec.rule.kind,
        action=PASS,
        score=None,
        threshold=evidence.threshold,
        step=0,
        final=False,
        shadow=judge.spec.shadow,
        artifacts=judge.artifacts,
        model=run.model,
        fingerprint=fingerprint,
        settings=run.settings,
    )


def missed(task: Task, lost: Sequence[Judge], fingerprint: str) -> list[Judged]:
    """A guard that can't look at all: one entry for each policy that needs it, its only one."""
    run = task.claim.run
    for judge in lost:
        for name in judge.probes:
            metrics.GUARD_ERRORS.labels(name).inc()
    return [
        replace(
            entry(run, judge, fingerprint),
            action=ERROR,
            step=len(task.line),
            final=True,
            alarms=1,
            released=len(task.line),
            detail="The guard isn't loaded: its files are missing or made for another model.",
        )
        for judge in lost
    ]


def _of(judge: Judge, bench: Bench) -> list[Past]:
    return [one for one in bench.past if (one.policy, one.version) == (judge.name, judge.number)]


def weight(action: str) -> int:
    """How strong an action is; no guard's answer at all is the worst."""
    return len(ACTIONS) if action == ERROR else ACTIONS[action].weight


def _detail(alarm: Alarm) -> str:
    if alarm.action == ERROR:
        return "The guard gave no number."
    return "" if alarm.done else "A stronger action of another policy was taken, or this one only watches."
