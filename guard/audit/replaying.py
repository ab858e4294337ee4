"""A run's recorded scores through the policies that judged it, or through another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from guard.audit import tape
from guard.audit.models import Verdict
from guard.audit.tape import Seen
from guard.models import PolicyVersion
from guard.policy.beginning import Beginning
from guard.policy.broken import SpecBroken
from guard.policy.events import Alarm
from guard.policy.reading import read
from guard.policy.replay import Trace, assumed, counterfactual, replay
from guard.policy.spec import Spec
from guard.policy.watcher import Policy

DAMAGED = "What the policy saw can't be read: it was damaged."

Decision = tuple[str, int, str, str, float | None]  # policy, version, guard, action, score


class Unknown(Exception):
    """It can't be replayed; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Replayed:
    recorded: list[Decision]
    again: list[Decision]
    same: bool  # each of them, bit for bit, scores included


def spec_of(verdict: Verdict) -> Spec:
    """What was in force: the version as it was published, with the user's tau. Raises Unknown."""
    return _in_force(_version(verdict), verdict)


def again(verdicts: Sequence[Verdict]) -> Replayed:
    """All decisions of a run, made once more: all its policies stood in one gate. Raises Unknown.

    Each alarm is decided on its own tape, which begins where the engine that raised it began: what an engine
    before it had dropped is on that one's tapes.
    """
    rows = sorted(verdicts, key=lambda one: one.pk)
    if not rows[-1].final:
        raise Unknown("The run hasn't ended: it can be replayed when it has.")
    last = {(one.policy, one.version): one for one in rows}
    judges = {str(version.pk): (version, row) for row in last.values() for version in [_version(row)]}
    found: dict[str, Decision] = {}
    for row in {bytes(row.tape): row for row in rows}.values():
        for alarm in _alarms(row, judges):
            _, judged = judges[alarm.policy]
            found[alarm.key] = (judged.policy, judged.version, alarm.guard, alarm.action, alarm.score)
    recorded = {row.key.partition(":")[2]: _decision(row) for row in rows if not row.final}
    return Replayed(_sorted(recorded), _sorted(found), recorded == found)


def _alarms(row: Verdict, judges: Mapping[str, tuple[PolicyVersion, Verdict]]) -> list[Alarm]:
    tokens = tokens_of(row)
    if not tokens:  # a shadow policy's that couldn't look at all
        return []
    try:
        saved = tape.beginning(row.tape)
    except tape.TapeUnreadable as problem:
        raise Unknown(DAMAGED) from problem
    keys = sorted(judges, key=int) if saved is None else saved["policies"]
    if missing := [key for key in keys if key not in judges]:
        raise Unknown(f"A policy that judged this run has no verdict on it: number {missing[0]}.")
    policies = [Policy(key, _in_force(*judges[key])) for key in keys]
    if saved is not None:
        return replay(policies, tokens, Beginning.from_json(saved))
    return replay(policies, tokens, assumed(policies, tokens, row.shared))


def _sorted(decisions: Mapping[str, Decision]) -> list[Decision]:
    return sorted(decisions.values(), key=repr)


def _decision(verdict: Verdict) -> Decision:
    return verdict.policy, verdict.version, verdict.guard, verdict.action, verdict.score


def otherwise(verdict: Verdict, spec: Spec, tau: float | None = None) -> Trace:
    """Where this policy would have fired, with its own line or another. Raises Unknown."""
    tokens = tokens_of(verdict)
    if tau is not None:
        spec = replace(spec, evidence=tuple(replace(each, threshold=tau) for each in spec.evidence))
    if not spec.is_ready:
        raise Unknown("This policy has no threshold yet: calibrate it first.")
    scored = {name for token in tokens for name in token.scores}
    missing = [each.name for each in spec.at("stream") if each.name not in scored]
    if missing:
        raise Unknown(f"The guard {missing[0]} didn't look at this run.")
    return counterfactual(spec, tokens)


def tokens_of(verdict: Verdict) -> list[Seen]:
    try:
        return tape.decode(verdict.tape)
    except tape.TapeUnreadable as problem:
        raise Unknown(DAMAGED) from problem


def _version(verdict: Verdict) -> PolicyVersion:
    found = PolicyVersion.objects.filter(policy__name=verdict.policy, number=verdict.version).first()
    if found is None:
        raise Unknown(f"Version {verdict.version} of {verdict.policy} isn't known here.")
    return found


def _in_force(version: PolicyVersion, verdict: Verdict) -> Spec:
    try:
        spec = read(version.spec)
        tau = verdict.settings.get("tau")
        if tau is not None and not spec.shadow:
            spec = spec.moved(tau)
    except SpecBroken as problem:
        raise Unknown(f"Version {verdict.version} of {verdict.policy} can't be read.") from problem
    # Where two trainings had one name, scores say which was meant.
    scored = {name for token in tokens_of(verdict) for name in token.scores}
    meant = {name: f"{name}@{sha[:8]}" for name, sha in version.artifacts.items()}
    evidence = tuple(
        replace(each, name=meant[each.name])
        if each.name not in scored and meant.get(each.name) in scored
        else each
        for each in spec.evidence
    )
    return replace(spec, evidence=evidence)
