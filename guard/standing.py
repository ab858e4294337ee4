"""Which policy versions judge a run, and how far its owner may have a say in that.

A policy stands for everybody, for a group, or for an API token, and everywhere its newest version does. One
that is optional may be switched off; one that is assigned as `asked` judges only who switches it on. Whatever
a user asks for, a mandatory policy judges, and no line is moved upwards.

A branch is judged by what judged its parent and is still published under the same name, in its newest
version, and by what stands for it anyway: asking without the token, or from outside the group, that the
parent's run was judged by loosens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from guard.models import Artifact, Assignment, PolicyVersion
from guard.policy.broken import Looser
from guard.policy.reading import read
from guard.policy.spec import Spec


class Forbidden(Exception):
    """The user may not have this; `field` is the setting. The message is one sentence for them."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class NoGuard(Exception):
    """A guard was asked for where there is none; one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whose run it is, the API token that it was asked with (0: none), and the model that it asks for."""

    user: int
    token: int
    model: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of the guard; None: what the policies say. `asked` are the fields that somebody named
    just now: what was merely taken over from the parent run gives way where it can't be."""

    guard: bool | None = None
    tau: float | None = None
    asked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """What judges a run, and what of it the run's settings say, shadow policies not counted: `tau` is the
    user's, or that of the one policy there is. With several, each has its own line, and None says so."""

    versions: tuple[int, ...]
    guard: bool
    tau: float | None


def stands(who: Who, wish: Wish, before: Sequence[int] = ()) -> Standing:
    """For a new run; `before` are the versions of the run that it branches from.

    Raises Forbidden for a wish that would loosen anything, NoGuard for a guard that isn't there.
    """
    assigned = list(_assigned(who))
    asked = {one.policy_id for one in assigned} - {one.policy_id for one in assigned if not one.asked}
    policies = {one.policy_id for one in assigned}
    inherited = set(
        PolicyVersion.objects.filter(pk__in=before).values_list("policy", flat=True) if before else ()
    )
    specs: dict[int, Spec] = {}
    for version in newest(policies | inherited):
        spec = read(version.spec)
        is_on = wish.guard or version.policy_id in inherited or version.policy_id not in asked
        if spec.shadow or not spec.optional or (wish.guard is not False and is_on):
            specs[version.pk] = spec
    live = [spec for spec in specs.values() if not spec.shadow]
    if wish.guard is False and live and "guard" in wish.asked:
        raise Forbidden("guard", "The guard can't be switched off here.")
    if wish.guard is True and not live and "guard" in wish.asked:
        raise NoGuard("There is no guard for this model that could be switched on.")
    return Standing(tuple(sorted(specs)), bool(live), _tau(live, wish))


def from_front(layer: int, count: int) -> int:
    """A layer of a model with so many, counted from the embeddings, which are 0."""
    return layer + count + 1 if layer < 0 else layer


def newest(policies: Iterable[int]) -> list[PolicyVersion]:
    """The newest published version of each."""
    wanted, found = set(policies), dict[int, PolicyVersion]()
    if not wanted:
        return []
    published = PolicyVersion.objects.filter(policy__in=wanted, number__isnull=False)
    for version in published.order_by("policy", "number"):
        found[version.policy_id] = version
    return list(found.values())


def artifacts(model: str) -> set[str]:
    """The hashes of what may judge a run of this model that begins now."""
    policies = Assignment.objects.filter(Q(model="") | Q(model=model)).values_list("policy", flat=True)
    return {sha for version in newest(policies) for sha in version.artifacts.values()}


def unanswered(model: str) -> list[str]:
    """The guards of live policies that can't look at this model's runs, as far as engines have found out."""
    policies = Assignment.objects.filter(Q(model="") | Q(model=model)).values_list("policy", flat=True)
    live = [version for version in newest(policies) if not version.spec.get("shadow", False)]
    pinned = {sha: name for version in live for name, sha in version.artifacts.items()}
    fine = set(Artifact.objects.filter(sha256__in=pinned, problem="").values_list("sha256", flat=True))
    return sorted({name for sha, name in pinned.items() if sha not in fine})


def _assigned(who: Who) -> QuerySet[Assignment]:
    everybody = Q(group=None, token=None)
    mine = Q(group__user=who.user) | Q(token=who.token) if who.token else Q(group__user=who.user)
    found = Assignment.objects.filter(everybody | mine, Q(model="") | Q(model=who.model))
    return found.annotate(policy_key=F("policy")).distinct()


def _tau(live: Sequence[Spec], wish: Wish) -> float | None:
    """Raises Forbidden for one that lies above any line. What was merely taken over gives way instead."""
    lines = [spec.tau for spec in live if spec.tau is not None]
    tau = wish.tau
    if tau is None or not lines:
        return lines[0] if len(lines) == 1 else None
    if "tau" in wish.asked:
        for spec in live:
            stricter(spec, tau)
    return min(tau, *lines)


def stricter(spec: Spec, tau: float) -> Spec:
    """With the user's tau in it. Raises Forbidden where it would loosen anything."""
    try:
        return spec.stricter(tau)
    except Looser as problem:
        raise Forbidden("tau", str(problem)) from None
