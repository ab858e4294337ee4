"""Drafts, versions, and what can't be done to one that is published."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.test import Client
from safetensors.numpy import save_file

from guard import artifacts, publishing, standing
from guard.audit.models import Entry
from guard.evidence.artifact import write
from guard.evidence.direction import imported
from guard.models import Artifact, Assignment, Immutable, Policy, PolicyVersion
from guard.policy.reading import read
from tests.generation.worker.guards import CLASSIC, GUARD, HOME, WIDTH, for_everybody, install, publish
from tests.guard.evidence.made import artifact

pytestmark = pytest.mark.django_db(transaction=True)


def policy() -> Policy:
    return Policy.objects.get_or_create(name="test")[0]


def test_publishing_makes_the_next_version_and_pins_its_guards(tmp_path: Path) -> None:
    artifact = install(tmp_path)
    first = publish()
    assert (first.number, first.artifacts) == (1, {GUARD: artifact.sha256})
    trained_anew = install(tmp_path, weight=2.0)
    second = publish(nudge="Wait:")
    assert (second.number, second.artifacts) == (2, {GUARD: trained_anew.sha256})
    first.refresh_from_db()
    assert first.artifacts == {GUARD: artifact.sha256}
    assert first.spec["nudge"] == CLASSIC["nudge"]
    said = Entry.objects.filter(kind="publish").order_by("seq")
    assert [entry.subject for entry in said] == ["policy:test"] * 2


def test_a_draft_is_edited_and_there_is_one(tmp_path: Path) -> None:
    publishing.edit(policy(), read(CLASSIC))
    publishing.edit(policy(), read(CLASSIC | {"hold": 3}))
    assert [row.spec["hold"] for row in PolicyVersion.objects.all()] == [3]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"evidence": [{"name": "nobody", "threshold": 0.5}]}, "There is no guard named nobody"),
        ({"evidence": [{"name": GUARD, "budget": 0.01}]}, "threshold"),
    ],
)
def test_what_could_not_judge_is_not_published(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    install(tmp_path)
    with pytest.raises(publishing.Unpublishable, match=words):
        publish(**changes)
    assert not PolicyVersion.objects.filter(number__isnull=False).exists()


STEERING: list[tuple[dict[str, Any], str]] = [
    ({"direction": "nowhere"}, "no guard or direction named nowhere"),
    ({"layer": 9}, "no layer 9 to steer: this model has 4"),
    ({"layer": 1}, f"{GUARD} reads layer 2: steering at layer 1 would change what it judges. Steer at 2"),
    ({"direction": "wide"}, "wide reads several layers"),
    ({"direction": "stranger", "layer": 3}, "stranger was made for another model"),
    ({}, ""),
    ({"layer": 2}, ""),
    ({"layer": -1}, ""),
    ({"direction": "calm"}, ""),
]


@pytest.mark.parametrize(("rung", "words"), STEERING, ids=lambda value: str(value)[:40])
def test_what_could_not_steer_is_not_published(tmp_path: Path, rung: dict[str, Any], words: str) -> None:
    install(tmp_path)
    install(tmp_path, "stranger", replace(HOME, fingerprint="another"))
    wide = artifact("wide", layers=(1, 2), home=HOME)
    write(wide, tmp_path / "wide")
    save_file({"v": np.ones(WIDTH, np.float32)}, tmp_path / "v.safetensors")
    write(imported(tmp_path / "v.safetensors", "calm", HOME, 3), tmp_path / "calm")
    for name in ("wide", "calm"):
        artifacts.register(tmp_path / name)
    ladder = [{"kind": "steer", **rung}, {"kind": "refuse"}]
    if words:
        with pytest.raises(publishing.Unpublishable, match=words):
            publish(ladder=ladder)
    else:
        version = publish(ladder=ladder)
        assert set(version.artifacts) == {GUARD, rung.get("direction", GUARD)}
    with pytest.raises(publishing.Unpublishable, match="calm is a direction to steer by: it judges nothing"):
        publish(evidence=[{"name": "calm", "threshold": 0.5}])


def test_there_is_nothing_to_publish_twice(tmp_path: Path) -> None:
    install(tmp_path)
    publish()
    with pytest.raises(publishing.Unpublishable, match="no draft"):
        publishing.publish(policy())


def test_a_published_version_is_never_changed(tmp_path: Path) -> None:
    install(tmp_path)
    version = publish()
    version.spec = {}
    with pytest.raises(Immutable):
        version.save()
    with pytest.raises(Immutable):
        version.delete()
    changes: tuple[dict[str, Any], ...] = (
        {"spec": {}},
        {"number": None, "published": None},
        {"artifacts": {}},
    )
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            PolicyVersion.objects.filter(pk=version.pk).update(**change)
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic():
            PolicyVersion.objects.filter(pk=version.pk).delete()
    version.refresh_from_db()
    assert version.spec["nudge"] == CLASSIC["nudge"]


def admin() -> Client:
    user = get_user_model().objects.create(username="root", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_admin_publishes_and_says_what_is_wrong(tmp_path: Path) -> None:
    client = admin()
    publishing.edit(policy(), read(CLASSIC))
    asked = {"action": "publish", "_selected_action": [policy().pk]}
    page = client.post("/admin/guard/policy/", asked, follow=True)
    assert f"There is no guard named {GUARD} here" in page.text
    install(tmp_path)
    page = client.post("/admin/guard/policy/", asked, follow=True)
    assert "Test 1 is published." in page.text
    version = PolicyVersion.objects.get()
    assert version.by is not None
    assert client.post(f"/admin/guard/policyversion/{version.pk}/delete/").status_code == 403
    shown = client.get(f"/admin/guard/policyversion/{version.pk}/change/")
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.text


def test_the_admin_takes_no_policy_that_cannot_be(tmp_path: Path) -> None:
    client = admin()
    broken = {"policy": policy().pk, "spec": '{"evidence": [], "ladder": []}'}
    page = client.post("/admin/guard/policyversion/add/", broken)
    assert page.status_code == 200
    assert "evidence" in page.text
    assert not PolicyVersion.objects.exists()


def test_every_page_of_the_admin_opens(tmp_path: Path) -> None:
    client = admin()
    artifact = install(tmp_path)
    publish()
    assert Artifact.objects.get() == artifact
    for name in ("artifact", "policy", "policyversion", "assignment"):
        assert client.get(f"/admin/guard/{name}/").status_code == 200
    assert client.get("/admin/guard/assignment/add/").status_code == 200


def test_readyz_waits_for_a_guard_that_cannot_look(tmp_path: Path) -> None:
    row = install(tmp_path)
    version = for_everybody()
    assert standing.unanswered("tiny") == []
    Artifact.objects.update(problem="The card of this guard can't be read.")
    assert standing.unanswered("tiny") == [GUARD]
    assert "guards" in Client().get("/readyz").json()["missing"]
    Artifact.objects.filter(pk=row.pk).delete()
    assert standing.unanswered("tiny") == [GUARD]
    Assignment.objects.filter(policy=version.policy).update(model="another")
    assert standing.unanswered("tiny") == []
    install(tmp_path)
    for_everybody("watching", shadow=True)
    Artifact.objects.update(problem="The card of this guard can't be read.")
    assert standing.unanswered("tiny") == []
