"""From a user's message to a queued run: whose it is, what it follows, with which settings.

Somebody else's id and one that never existed get the same answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from generation import lineage, runs, vocabulary
from generation.limits import Refused, check
from generation.models import Run, Study, Turn, folded, is_id
from generation.protocol import Branch, Code, Generate, Given, Missing, Score, Settings
from guard.standing import Forbidden, NoGuard, Standing, Who, Wish, stands

DRAWN_SEEDS = 2**53  # every whole number below it is exact in a browser too


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, with which models to choose from, the default first, and by which API token they came in."""

    owner: int
    models: Sequence[str]
    token: int = 0


def begin(asking: Asking, message: Generate | Branch | Score) -> Run:
    """Raises Refused, with nothing changed."""
    with transaction.atomic():
        # One at a time for each user, so that two sockets can't both take the last place.
        user = get_user_model().objects.select_for_update().get(pk=asking.owner)
        if not user.is_active:
            raise Refused(Code.FORBIDDEN, "This account is closed.")
        check(asking.owner)
        if isinstance(message, Generate):
            run = _generate(asking, message)
        elif isinstance(message, Branch):
            run = _branch(asking, message)
        else:
            run = _score(asking, message)
        runs.enqueue(run)
        Study.objects.filter(id=run.study_id).update(updated=timezone.now())
    return run


def find_run(owner: int, run: str) -> Run:
    """The user's own run, its turn with it. Raises Refused."""
    if is_id(run):
        kept = Run.objects.filter(owner=owner, deleted=None, study__deleted=None)
        found = kept.filter(id=run).select_related("turn").first()
        if found is not None:
            return found
    raise Refused(Code.NOT_FOUND, "There is no such run.", "run")


def find_study(owner: int, study: str) -> Study:
    if is_id(study):
        found = Study.objects.filter(id=study, owner=owner, deleted=None).first()
        if found is not None:
            return found
    raise Refused(Code.NOT_FOUND, "There is no such study.", "study")


def _generate(asking: Asking, message: Generate) -> Run:
    settings = _settings(asking, Settings().with_given(message.settings))
    judges = _judges(asking, settings, message.settings)
    study = find_study(asking.owner, message.study) if message.study is not None else None
    if message.after is Missing.MISSING:
        before = _leaf(study) if study else None
    elif message.after is None:
        before = None
    else:
        before = _find_after(asking.owner, message.after)
        study = study or before.study
        if before.study_id != study.id:
            raise Refused(Code.INVALID, "The run that this turn follows is in another study.", "after")
    if before is not None and before.status != Run.Status.FINISHED:
        raise Refused(Code.INVALID, "The answer that this turn follows isn't finished yet.", "after")
    study = study or _new_study(asking.owner, message.prompt)
    system = message.system if message.system is not None else before.turn.system if before else ""
    turn = _turn(study, message.prompt, system, before)
    return _run(asking, study, turn, settings, judges)


def _branch(asking: Asking, message: Branch) -> Run:
    parent = find_run(asking.owner, message.run)
    if parent.gone is not None:
        raise Refused(Code.NOT_FOUND, "The steps of this run were deleted.", "run")
    finished = parent.status == Run.Status.FINISHED
    steps = parent.steps if finished else lineage.recorded(parent.id, parent.at).steps
    if message.at > steps:
        raise Refused(Code.INVALID, f"This run has {steps} steps; at may be at most {steps}.", "at")
    if message.token is not None:
        pieces = vocabulary.pieces_of(parent.fingerprint)
        if pieces is not None and message.token >= len(pieces):
            raise Refused(Code.INVALID, f"This model has {len(pieces):,} tokens.", "token")
    settings = _settings(asking, Settings.from_dict(parent.settings).with_given(message.settings))
    before = parent.policies if settings.model == parent.model else []
    judges = _judges(asking, settings, message.settings, before)
    run = _run(asking, parent.study, parent.turn, settings, judges)
    run.parent, run.at = parent, message.at
    run.token, run.edit = message.token, message.text or ""
    return run


def _score(asking: Asking, message: Score) -> Run:
    settings = _settings(asking, Settings().with_given(message.settings))
    judges = _judges(asking, settings, message.settings)
    study = _new_study(asking.owner, message.prompt or message.text)
    turn = _turn(study, message.prompt or "", message.system or "", None)
    run = _run(asking, study, turn, settings, judges)
    run.given = message.text
    return run


def _settings(asking: Asking, settings: Settings) -> Settings:
    """Complete: with a model, and with a seed that is reported."""
    if not asking.models:
        raise Refused(Code.MODEL_UNAVAILABLE, "No model is there to answer.")
    model = settings.model or asking.models[0]
    if model not in asking.models:
        raise Refused(Code.MODEL_UNAVAILABLE, "This model isn't there.", "settings.model")
    seed = secrets.randbelow(DRAWN_SEEDS) if settings.seed is None else settings.seed
    return settings.with_given({"model": model, "seed": seed})


def _judges(asking: Asking, settings: Settings, given: Given, before: Sequence[int] = ()) -> Standing:
    """What will judge the run, on whatever route it came. `before`: what judged the one it branches from."""
    who = Who(asking.owner, asking.token, settings.model)
    asked = frozenset(name for name in ("guard", "tau") if given.get(name) is not None)
    try:
        return stands(who, Wish(settings.guard, settings.tau, asked), before)
    except Forbidden as problem:
        raise Refused(Code.FORBIDDEN, str(problem), f"settings.{problem.field}") from None
    except NoGuard as problem:
        raise Refused(Code.INVALID, str(problem), "settings.guard") from None


def _run(asking: Asking, study: Study, turn: Turn, settings: Settings, judges: Standing) -> Run:
    """The settings say what is in force, so that whoever repeats them gets the same."""
    complete = settings.with_given({"guard": judges.guard, "tau": judges.tau})
    stored: dict[str, Any] = complete.as_dict()
    run = Run(owner_id=asking.owner, study=study, turn=turn, settings=stored, model=settings.model)
    run.policies = list(judges.versions)
    return run


def _turn(study: Study, text: str, system: str, follows: Run | None) -> Turn:
    return Turn.objects.create(study=study, text=text, folded=folded(text), system=system, follows=follows)


def _new_study(owner: int, text: str) -> Study:
    lines = text.split("\n")
    title = next((line.strip() for line in lines if line.strip()), "")[:80]
    return Study.objects.create(owner_id=owner, title=title, folded_title=folded(title)[:400])


def _leaf(study: Study) -> Run | None:
    """The newest answer: where the conversation stands."""
    newest = study.runs.filter(given="", deleted=None).select_related("turn").order_by("-created", "-id")
    return newest.first()


def _find_after(owner: int, run: str) -> Run:
    try:
        return find_run(owner, run)
    except Refused as problem:
        raise Refused(problem.code, str(problem), "after") from None
