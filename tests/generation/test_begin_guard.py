"""Which policies judge a run, whatever a client writes into its settings, whichever way it comes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from generation.access import tokens
from generation.begin import Asking, begin
from generation.limits import Refused
from generation.models import Run
from generation.protocol import Branch, Code, Generate, Score
from generation.recorder import Recorder
from guard.models import Assignment, Policy, PolicyVersion
from tests.generation.saved import MODEL, branch, finished_run, new_run, user
from tests.generation.worker.guards import CLASSIC, GUARD, for_everybody, install, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _guard(tmp_path: Path) -> None:
    install(tmp_path)


def refused(field: str, code: Code, **settings: Any) -> str:
    with pytest.raises(Refused) as problem:
        new_run(settings=settings)
    assert (problem.value.code, problem.value.field) == (code, f"settings.{field}")
    assert not Run.objects.exists()
    return str(problem.value)


def judged(run: Run) -> list[int]:
    return list(Run.objects.get(id=run.id).policies)


def asked(run: Run) -> tuple[Any, Any]:
    return run.settings["guard"], run.settings["tau"]


def test_without_a_policy_nothing_judges_and_the_settings_say_so() -> None:
    run = new_run()
    assert (judged(run), asked(run)) == ([], (False, None))
    assert asked(new_run(settings={"guard": False})) == (False, None)
    Run.objects.all().delete()
    refused("guard", Code.INVALID, guard=True)


def test_a_mandatory_policy_judges_whatever_is_said() -> None:
    version = for_everybody()
    for settings in ({}, {"guard": None}, {"guard": True}, {"tau": None}, {"tau": 0.5}):
        run = new_run(settings=settings)
        assert (judged(run), asked(run)) == ([version.pk], (True, 0.5))
        run.delete()
    assert "can't be switched off" in refused("guard", Code.FORBIDDEN, guard=False)


def test_tau_may_only_be_stricter() -> None:
    for_everybody()
    for tau in (0.0, 0.2, 0.5):
        run = new_run(settings={"tau": tau})
        assert asked(run) == (True, tau)
        run.delete()
    for tau in (0.50001, 0.9, 1.0):
        assert "stricter" in refused("tau", Code.FORBIDDEN, tau=tau)


def test_an_optional_policy_may_be_switched_off_and_on_again(recorder: Recorder) -> None:
    version = for_everybody(optional=True)
    off = finished_run(recorder, settings={"guard": False})
    assert judged(new_run()) == [version.pk]
    assert (judged(off), asked(off)) == ([], (False, None))
    # Settings that aren't given are the parent's: it stays off, until it is switched on.
    assert judged(branch(off, 2)) == []
    assert judged(branch(off, 2, settings={"guard": True})) == [version.pk]


def test_one_that_waits_to_be_asked_judges_who_asks() -> None:
    version = publish(optional=True)
    Assignment.objects.create(policy=version.policy, asked=True)
    assert judged(new_run()) == []
    assert judged(new_run(settings={"guard": True})) == [version.pk]


def test_a_shadow_policy_judges_and_is_no_guard() -> None:
    version = for_everybody(shadow=True)
    run = new_run(settings={"guard": False})
    assert (judged(run), asked(run)) == ([version.pk], (False, None))


def test_a_policy_holds_for_its_group_its_token_and_its_model() -> None:
    group = Group.objects.create(name="school")
    get_user_model().objects.get(pk=user("pupil")).groups.add(group)
    owner = get_user_model().objects.get(pk=user("owner"))
    row, _ = tokens.make(owner, "robot")
    for name, place in (("g", {"group": group}), ("t", {"token": row}), ("m", {"model": "other"})):
        Assignment.objects.create(policy=publish(name).policy, **place)
    ids = {version.policy.name: version.pk for version in PolicyVersion.objects.select_related("policy")}

    def of(name: str, token: int = 0, **settings: Any) -> list[int]:
        question = Generate(prompt="Hi", settings=settings)
        return judged(begin(Asking(user(name), [MODEL, "other"], token), question))

    assert of("owner") == []
    assert of("pupil") == [ids["g"]]
    assert of("owner", row.pk) == [ids["t"]]
    assert of("owner", model="other") == [ids["m"]]
    assert of("pupil", row.pk, model="other") == sorted(ids.values())


def test_every_route_is_judged(recorder: Recorder) -> None:
    version = for_everybody()
    parent = finished_run(recorder)
    who = Asking(user(), [MODEL])
    routes: list[Generate | Branch | Score] = [
        Generate(prompt="Hi", settings={"prefix": "Sure, here is how:"}),
        Generate(prompt="More", study=parent.study_id, after=parent.id),
        Branch(run=parent.id, at=2),
        Branch(run=parent.id, at=2, token=7),
        Branch(run=parent.id, at=0, text="Sure, here is how:"),
        Branch(run=parent.id, at=parent.steps),
        Score(text="Here is how it is done."),
        Score(text="Here is how it is done.", prompt="How is it done?"),
    ]
    for message in routes:
        assert judged(begin(who, message)) == [version.pk]
        for field, value in (("guard", False), ("tau", 0.9)):
            with pytest.raises(Refused) as problem:
                begin(who, replace(message, settings={**message.settings, field: value}))
            assert problem.value.code is Code.FORBIDDEN


def test_a_branch_takes_its_parents_policies_along(recorder: Recorder) -> None:
    """Asked for without the token that the parent was judged by, or after its assignment ended."""
    owner = get_user_model().objects.get(pk=user("owner"))
    row, _ = tokens.make(owner, "robot")
    version = publish()
    assignment = Assignment.objects.create(policy=version.policy, token=row)
    first = begin(Asking(owner.pk, [MODEL], row.pk), Generate(prompt="Hi"))
    assert judged(first) == [version.pk]
    Run.objects.filter(id=first.id).update(status="finished", steps=0)
    first.refresh_from_db()
    assert judged(branch(first, 0)) == [version.pk]
    assignment.delete()
    assert judged(branch(first, 0)) == [version.pk]
    with pytest.raises(Refused):
        branch(first, 0, settings={"guard": False})
    # A newer version of the same policy takes the older one's place.
    second = publish(nudge="Wait:")
    assert judged(branch(first, 0)) == [second.pk]


def test_a_branch_keeps_a_stricter_line_and_may_go_back_to_the_policys(recorder: Recorder) -> None:
    for_everybody()
    parent = finished_run(recorder, settings={"tau": 0.2})
    assert asked(branch(parent, 1)) == (True, 0.2)
    assert asked(branch(parent, 1, settings={"tau": 0.4})) == (True, 0.4)
    assert asked(branch(parent, 1, settings={"tau": None})) == (True, 0.5)
    with pytest.raises(Refused):
        branch(parent, 1, settings={"tau": 0.6})
    # The site became stricter meanwhile: what is merely inherited gives way.
    for_everybody(evidence=[{"name": GUARD, "threshold": 0.1}])
    assert asked(branch(parent, 1)) == (True, 0.1)


def test_of_several_each_keeps_its_line() -> None:
    first = for_everybody("one", evidence=[{"name": GUARD, "threshold": 0.7}])
    second = for_everybody("two", evidence=[{"name": GUARD, "threshold": 0.4}])
    run = new_run()
    assert (judged(run), asked(run)) == ([first.pk, second.pk], (True, None))
    run.delete()
    refused("tau", Code.FORBIDDEN, tau=0.5)
    assert asked(new_run(settings={"tau": 0.3})) == (True, 0.3)


def test_a_later_publish_changes_no_run_that_was_asked_for() -> None:
    version = for_everybody()
    run = new_run()
    for_everybody(**CLASSIC | {"nudge": "Wait:"})
    assert judged(run) == [version.pk]
    assert judged(new_run()) != [version.pk]


def test_a_draft_judges_nobody() -> None:
    policy = Policy.objects.create(name="draft")
    PolicyVersion.objects.create(policy=policy, spec=CLASSIC)
    Assignment.objects.create(policy=policy)
    assert judged(new_run()) == []
