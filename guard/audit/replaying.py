"""A run's recorded scores through the policies that judged it, or through another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from guard.audit import tape
from guard.audit.models import Verdict
from guard.audit.tape import Seen
from guard.models import PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.events import Event
from guard.policy.reading import read
from guard.policy.replay import Trace, counterfactual, replay
from guard.policy.spec import Spec
from guard.policy.watcher import Policy

UNABLE = ("steer",)  # actions that no engine here can do: the next rung was taken

Decision = tuple[str, int, str, str, float | None]  # policy, version, guard, action, score


class Unknown(Exception):
    """It can't be replayed; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Replayed:
    recorded: list[Decision]
    again: list[Decision]

    @property
    def same(self) -> bool:
        """Bit for bit, scores included."""
        return self.recorded == self.again


def spec_of(verdict: Verdict) -> Spec:
    """What was in force: the version as it was published, with the user's tau. Raises Unknown."""
    return _in_force(_version(verdict), verdict)


def again(verdicts: Sequence[Verdict], before: Sequence[Event] | None = None) -> Replayed:
    """All decisions of a run, made once more: all its policies stood in one gate. Raises Unknown.

    `before`: of a branch, the events of the steps that it shares. Not known: which rungs of a ladder were
    spent before another engine took the run over, for what was dropped then is on no later tape. Behind a
    backtrack and a take-over the same alarms may so be found with an earlier rung's action.
    """
    last = {(one.policy, one.version): one for one in sorted(verdicts, key=lambda one: one.pk)}
    judges = sorted(((_version(one), one) for one in last.values()), key=lambda pair: pair[0].pk)
    policies = [Policy(str(version.pk), _in_force(version, one)) for version, one in judges]
    names = {str(version.pk): (one.policy, one.version) for version, one in judges}
    rows = sorted(verdicts, key=lambda one: one.pk)
    if not rows[-1].final:
        raise Unknown("The run hasn't ended: it can be replayed when it has.")

    def decided(verdict: Verdict) -> Counter[Decision]:
        alarms = replay(policies, tokens_of(verdict), rows[-1].shared, UNABLE, before)
        return Counter((*names[alarm.policy], alarm.guard, alarm.action, alarm.score) for alarm in alarms)

    recorded = Counter(_decision(one) for one in rows if not one.final)
    found = decided(rows[-1])
    # An engine that took the run over knew nothing of what was dropped before: the alarm's own tape does.
    missing = [one for one in rows if not one.final and found[_decision(one)] < recorded[_decision(one)]]
    found |= Counter(_decision(one) for one in missing if decided(one)[_decision(one)])
    return Replayed(sorted(recorded.elements(), key=repr), sorted(found.elements(), key=repr))


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
        raise Unknown("What the policy saw can't be read: it was damaged.") from problem


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
