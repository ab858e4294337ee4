"""The admin: every table can be read there, and nobody's words."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from frontend.accounts.creation import create
from frontend.accounts.models import User
from frontend.presets.models import Preset
from generation.begin import begin
from generation.models import Decision, Run, RunEvent, StudyTag
from generation.protocol import Score
from generation.sharing.models import Share
from guard.audit.models import Text
from tests.generation.saved import asking, new_run
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "unmistakable-words"
NOT_THERE = {"admin.LogEntry", "auth.Permission", "contenttypes.ContentType", "sessions.Session"}


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(create("root", PASSWORD, staff=True), backend=BACKEND)
    return client


def written() -> Run:
    """Words of a user's everywhere where they can be."""
    run = new_run(prompt=f"{WORDS}?", system=WORDS, settings={"prefix": WORDS})
    begin(asking(), Score(text=WORDS))
    Run.objects.filter(id=run.id).update(text=WORDS, opening=WORDS, edit=WORDS)
    StudyTag.objects.create(study=run.study, name=WORDS)
    Share.objects.create(owner=run.owner, study=run.study)
    Preset.objects.create(owner=run.owner, name=WORDS, values={"prefix": WORDS})
    RunEvent.objects.create(run=run, position=0, seq=0, kind="nudge", body={"text": WORDS})
    Decision.objects.create(run=run, number=0, at=0, body={"kind": "nudge", "text": WORDS})
    return run


def test_every_table_can_be_read_and_nobodys_words(staff: Client) -> None:
    written()
    seen = set()
    for model in admin.site._registry:
        label = model._meta.label_lower.replace(".", "/")
        page = staff.get(f"/admin/{label}/")
        assert page.status_code == 200, label
        assert WORDS not in page.text, label
        row: Any = model._default_manager.first()
        if row is not None:
            shown = staff.get(f"/admin/{label}/{row.pk}/change/")
            assert shown.status_code == 200, label
            assert WORDS not in shown.text, label
            seen.add(label)
    assert {"generation/study", "generation/turn", "generation/run", "presets/preset"} <= seen
    own = {model for model in apps.get_models() if model._meta.app_label not in ("account", "socialaccount")}
    hidden = {model._meta.label for model in own - set(admin.site._registry)}
    assert hidden == NOT_THERE | {Text._meta.label}  # which the audit's pages show, and note


def test_nothing_of_a_run_is_changed_by_hand(staff: Client) -> None:
    run = written()
    for label, key in (("run", run.pk), ("study", run.study_id), ("turn", run.turn_id)):
        path = f"/admin/generation/{label}/"
        assert staff.get(f"{path}add/").status_code == 403
        assert staff.post(f"{path}{key}/change/", {"status": "finished"}).status_code == 403
        assert staff.post(f"{path}{key}/delete/", {"post": "yes"}).status_code == 403


def test_who_removes_a_person_is_not_shown_what_they_wrote(staff: Client) -> None:
    run = written()
    path = f"/admin/accounts/user/{run.owner_id}/delete/"
    page = staff.get(path)
    assert page.status_code == 200
    assert "owner" in page.text
    assert WORDS not in page.text
    staff.post(path, {"post": "yes"})
    assert not User.objects.filter(pk=run.owner_id).exists()
    assert not Run.objects.exists()
