"""A policy from its name to the people whom it judges, as somebody clicks it in the admin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from frontend.accounts.creation import create
from generation.access import tokens
from guard import standing
from guard.audit.models import Entry
from guard.models import Assignment, Immutable, Policy, PolicyVersion
from guard.standing import Forbidden, Who, Wish
from tests.generation.worker.guards import GUARD, install
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(create("root", PASSWORD, staff=True), backend=BACKEND)
    return client


def drafted(staff: Client, **changes: Any) -> Policy:
    """A new policy, or the next version of the one there is: the form as it is offered, changed and saved."""
    if not Policy.objects.exists():
        page = staff.post(
            "/admin/guard/policy/add/", {"name": "house rules", "note": "For all."}, follow=True
        )
        assert "was added successfully" in page.text
    policy = Policy.objects.get()
    form = staff.get(f"/admin/guard/policyversion/add/?policy={policy.pk}").context["adminform"].form
    spec = form.initial["spec"] | changes
    given = {"policy": policy.pk, "spec": json.dumps(spec)}
    page = staff.post("/admin/guard/policyversion/add/", given, follow=True)
    assert "was added successfully" in page.text
    return policy


def published(staff: Client, **changes: Any) -> Policy:
    policy = drafted(staff, **changes)
    asked = {"action": "publish", "_selected_action": [policy.pk]}
    assert "is published." in staff.post("/admin/guard/policy/", asked, follow=True).text
    return policy


def assign(staff: Client, policy: Policy, **more: Any) -> str:
    page = staff.post("/admin/guard/assignment/add/", {"policy": policy.pk, **more}, follow=True)
    return page.text


THRESHOLD = [{"name": GUARD, "threshold": 0.5}]


def test_from_its_name_to_everybody(staff: Client, tmp_path: Path) -> None:
    install(tmp_path)
    policy = published(staff, evidence=THRESHOLD)
    assert "was added successfully" in assign(staff, policy)
    who = Who(create("ann", PASSWORD).pk, 0, "tiny")
    assert standing.stands(who, Wish()).versions == (PolicyVersion.objects.get().pk,)
    with pytest.raises(Forbidden):
        standing.stands(who, Wish(guard=False, asked=frozenset({"guard"})))
    page = staff.get(f"/admin/guard/policy/{policy.pk}/change/").text
    assert "everybody" in page
    assert "Draft the next version" in page
    # The next draft begins as this version, and what is published next judges at once.
    published(staff, optional=True)
    assert PolicyVersion.objects.get(number=2).spec["evidence"][0]["threshold"] == 0.5
    assert standing.stands(who, Wish(guard=False, asked=frozenset({"guard"}))).guard is False
    published(staff, shadow=True, optional=False)
    shadow = standing.stands(who, Wish())
    assert (len(shadow.versions), shadow.guard) == (1, False)


def test_for_a_group_and_for_a_token(staff: Client, tmp_path: Path) -> None:
    install(tmp_path)
    policy = published(staff, evidence=THRESHOLD)
    ann, bob = create("ann", PASSWORD), create("bob", PASSWORD)
    group = Group.objects.create(name="learners")
    ann.groups.add(group)
    token, _ = tokens.make(bob, "script")
    assign(staff, policy, group=group.pk)
    assign(staff, policy, token=token.pk)
    assert "not both" in assign(staff, policy, group=group.pk, token=token.pk)
    assert standing.stands(Who(ann.pk, 0, "tiny"), Wish()).guard
    assert not standing.stands(Who(bob.pk, 0, "tiny"), Wish()).guard
    assert standing.stands(Who(bob.pk, token.pk, "tiny"), Wish()).guard
    page = staff.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}, follow=True)
    assert "would require deleting the following protected" in page.text
    assert Group.objects.exists()


def test_who_is_judged_is_written_down(staff: Client, tmp_path: Path) -> None:
    install(tmp_path)
    policy = published(staff, evidence=THRESHOLD)
    assign(staff, policy, model="tiny")
    one = Assignment.objects.get()
    staff.post(f"/admin/guard/assignment/{one.pk}/change/", {"policy": policy.pk, "model": "other"})
    asked = {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"}
    staff.post("/admin/guard/assignment/", asked)
    assert not Assignment.objects.exists()
    entries = Entry.objects.filter(kind="assign").order_by("seq")
    said = [(json.loads(entry.body)["model"], json.loads(entry.body)["ended"]) for entry in entries]
    assert said == [("tiny", False), ("tiny", True), ("other", False), ("other", True)]
    assert {entry.subject for entry in entries} == {"policy:house rules"}
    assert all(entry.actor.startswith("user:") for entry in entries)


def test_what_makes_no_sense_is_said_and_nothing_is_lost(staff: Client, tmp_path: Path) -> None:
    install(tmp_path)
    policy = drafted(staff, evidence=THRESHOLD)
    assert "no published version yet" in assign(staff, policy)
    again = {"policy": policy.pk, "spec": json.dumps(PolicyVersion.objects.get().spec)}
    page = staff.post("/admin/guard/policyversion/add/", again)
    assert "has a draft already" in page.text
    staff.post("/admin/guard/policy/", {"action": "publish", "_selected_action": [policy.pk]})
    assert "This policy is mandatory" in assign(staff, policy, asked="on")
    assert not Assignment.objects.exists()


def test_a_policy_that_has_judged_keeps_its_name(staff: Client, tmp_path: Path) -> None:
    install(tmp_path)
    policy = published(staff, evidence=THRESHOLD)
    staff.post(f"/admin/guard/policy/{policy.pk}/change/", {"name": "other", "note": "New."})
    policy.refresh_from_db()
    assert (policy.name, policy.note) == ("house rules", "New.")
    policy.name = "other"
    with pytest.raises(Immutable):
        policy.save()
