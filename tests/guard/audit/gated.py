"""A run through a real gate, recorded as an engine records it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from guard.audit.tape import Fate, Seen
from guard.audit.verdicts import Judged
from guard.models import Policy, PolicyVersion
from guard.policy import Gate, Inject, Token, read
from guard.policy import Policy as Judge
from guard.policy.events import Alarm

WORDS = ("Sorry", ",", "instead", ":")


def published(name: str = "Safe", **spec: Any) -> PolicyVersion:
    """The next version of a policy over the guard `probe`."""
    policy, _ = Policy.objects.get_or_create(name=name)
    said = {
        "rule": {"kind": "classic", "warmup": 0},
        "evidence": [{"name": "probe", "threshold": 0.5}],
        "ladder": [{"kind": "nudge"}, {"kind": "block"}],
        "hold": 2,
        "cooldown": 0,
        **spec,
    }
    number = policy.versions.count() + 1
    version = PolicyVersion(policy=policy, number=number, published=timezone.now(), spec=read(said).as_json())
    return PolicyVersion.objects.bulk_create([version])[0]  # there is no artifact that publishing could pin


def run(versions: Sequence[PolicyVersion], scores: Sequence[float], name: str = "a-run") -> list[Judged]:
    """One token with each score; where a policy nudges, its words come in between."""
    keys = {str(version.pk): version for version in versions}
    specs = {key: read(version.spec) for key, version in keys.items()}
    gate: Gate[str] = Gate([Judge(key, spec) for key, spec in specs.items()])
    alarms: list[tuple[Alarm, list[Seen]]] = []
    for place, score in enumerate(scores[:-1]):
        answer = gate.take(Token(f" {place}", place, scores={"probe": score}))
        alarms += [(alarm, _tape(gate)) for alarm in answer.alarms]
        if any(isinstance(order, Inject) for order in answer.orders):
            for number, word in enumerate(WORDS):
                gate.take(Token(f" {word}", 100 + number, origin="nudge"))
        if gate.ended:
            break
    if not gate.ended:
        alarms += [(alarm, _tape(gate)) for alarm in gate.close({"probe": scores[-1]}).alarms]
    found = [
        _judged(f"{name}:{alarm.key}", name, keys[alarm.policy], tokens, alarm.action, alarm.at, alarm)
        for alarm, tokens in alarms
    ]
    for key, version in keys.items():
        mine = [alarm for alarm, _ in alarms if alarm.policy == key]
        action = mine[-1].action if mine else "pass"
        found.append(_judged(f"{name}:end:{key}", name, version, _tape(gate), action, gate.next, None))
    return found


def _judged(
    key: str,
    name: str,
    version: PolicyVersion,
    tokens: list[Seen],
    action: str,
    step: int,
    alarm: Alarm | None,
) -> Judged:
    return Judged(
        key=key,
        run=name,
        study="a-study",
        owner=None,
        policy=version.policy.name,
        version=version.number or 0,
        guard="probe",
        rule=version.spec["rule"]["kind"],
        action=action,
        score=alarm.score if alarm else None,
        threshold=alarm.threshold if alarm else None,
        step=step,
        final=alarm is None,
        shadow=bool(version.spec.get("shadow")),
        tokens=tokens,
    )


def _tape(gate: Gate[str]) -> list[Seen]:
    return [
        Seen(token.payload or "", Fate(token.fate), dict(token.scores), token.origin, token.stop)
        for token in gate.seen
    ]
