"""A study as one file: who gets it, what is in it, and that nothing in it runs or asks but what should."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import orjson
import pytest
from django.test import Client

from generation import pruning, study_changes
from generation.begin import Asking, begin
from generation.models import Run, RunEvent
from generation.protocol import Generate
from generation.sharing import links, whole
from generation.sharing.models import Share
from tests.frontend.test_sharing import HOSTILE, SEED, SharingTest
from tests.generation.saved import MODEL, text_of

DATA = re.compile(r'<script type="application/json" id="([\w-]+)">(.*?)</script>', re.DOTALL)


class File:
    """As a browser reads it."""

    def __init__(self, client: Client, path: str) -> None:
        self.answer = client.get(path)
        assert self.answer.status_code == 200, self.answer.status_code
        self.text = b"".join(self.answer.streaming_content).decode()  # type: ignore[attr-defined]
        self.data = {name: orjson.loads(text) for name, text in DATA.findall(self.text)}

    @property
    def runs(self) -> list[str]:
        return [run["id"] for run in self.data["outline"]["runs"]]

    def steps(self, run: str) -> list[Any]:
        told = [message for message in self.data[f"run-{run}"] if message["type"] == "steps"]
        return [step for message in told for step in message["steps"]]

    def said(self, run: str) -> str:
        return "".join(step["text"] for step in self.steps(run))


class TakingTest(SharingTest):
    def file(self, study: str) -> File:
        return File(self.as_owner, f"/studies/{study}/export.html")


class WhoTest(TakingTest):
    def test_the_owner_gets_a_file_of_its_own_name(self) -> None:
        run = self.run_of("A harbour/../:\u202e?")
        answer = self.file(run.study_id).answer
        assert answer["Content-Type"] == "text/html; charset=utf-8"
        assert re.fullmatch(
            r'attachment; filename="safelens-a-harbour-\d{4}-\d\d-\d\d\.html"', answer["Content-Disposition"]
        )
        nameless = self.file(self.run_of("灯台").study_id).answer
        assert 'filename="safelens-study-' in nameless["Content-Disposition"]

    def test_it_needs_a_log_in_and_rejects_strangers(self) -> None:
        path = f"/studies/{self.run_of().study_id}/export.html"
        self.assertRedirects(self.client.get(path), f"/accounts/login/?next={path}")
        assert self.as_stranger.get(path).status_code == 404
        assert self.as_team_mate.get(path).status_code == 404
        assert self.as_owner.post(path).status_code == 405
        for none in ("x", "%00", "x" * 500, "é"):
            assert self.as_owner.get(f"/studies/{none}/export.html").status_code == 404

    def test_a_deleted_study_has_none(self) -> None:
        run = self.run_of()
        study_changes.delete(run.study)
        assert self.as_owner.get(f"/studies/{run.study_id}/export.html").status_code == 404

    def test_whoever_has_a_link_gets_what_it_shows(self) -> None:
        run = self.run_of()
        other = begin(Asking(self.owner.pk, [MODEL]), Generate(prompt="Else", study=run.study_id, after=None))
        self.finished(other, 4)
        link = self.link(run.study_id, run.id)
        file = File(self.client, f"{link}export.html")
        assert file.runs == [run.id]
        assert "Else" not in file.text
        assert file.answer["X-Robots-Tag"] == "noindex, nofollow"
        links.revoke(self.owner.pk, Share.objects.get().id)
        assert self.client.get(f"{link}export.html").status_code == 404


class WhatTest(TakingTest):
    def test_every_finished_answer_is_in_it_and_shared_steps_once(self) -> None:
        run = self.run_of()
        branch = self.branch_of(run, 3)
        running = begin(
            Asking(self.owner.pk, [MODEL]), Generate(prompt="Unheard", study=run.study_id, after=run.id)
        )
        file = self.file(run.study_id)
        assert file.runs == [run.id, branch.id]
        assert "Unheard" not in file.text
        assert running.id not in file.text
        assert file.said(run.id) == text_of(SEED, 0, 5)
        assert [step["i"] for step in file.steps(branch.id)] == [3, 4]
        assert file.data[f"run-{run.id}"][-1]["type"] == "finished"

    def test_a_branch_of_what_was_deleted_has_all_its_steps(self) -> None:
        run = self.run_of()
        branch = self.branch_of(run, 3)
        pruning.delete(run.study, run.id, 3)
        file = self.file(run.study_id)
        assert file.runs == [branch.id]
        assert [step["i"] for step in file.steps(branch.id)] == [0, 1, 2, 3, 4]

    def test_a_study_without_an_answer_is_an_empty_file(self) -> None:
        study = begin(Asking(self.owner.pk, [MODEL]), Generate(prompt="Wait")).study
        assert self.file(study.id).runs == []

    def test_nothing_that_a_guard_took_back_is_in_it(self) -> None:
        run = self.run_of()
        body = {"from": 2, "to": 3, "reason": "unsafe"}
        RunEvent.objects.create(run=run, position=4, seq=1, kind="retract", body=body)
        file = self.file(run.study_id)
        assert file.said(run.id) == text_of(SEED, 0, 2) + text_of(SEED, 4, 5)
        assert all(step["id"] < 0 and not step["top"] for step in file.steps(run.id)[2:4])
        assert any(message["type"] == "retract" for message in file.data[f"run-{run.id}"])

    def test_a_large_study_has_fewer_alternatives_and_says_so(self) -> None:
        run = self.run_of()
        plain = self.file(run.study_id)
        assert "most probable alternatives" not in plain.text
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(whole, "MOST", 4)
            patch.setattr(whole, "FEW", 2)
            file = self.file(run.study_id)
        assert "it has the 2 most probable alternatives" in file.text
        for step, cut in zip(plain.steps(run.id), file.steps(run.id), strict=True):
            assert cut == {**step, "top": step["top"][:2]}


class SafeTest(TakingTest):
    def test_hostile_words_are_nowhere_html(self) -> None:
        strange = f"{HOSTILE}<!-- what was taken along --><!--<script>\u2028&amp;"
        run = self.run_of(strange, system=strange)
        opening = strange[:80]  # no longer ones are kept
        Run.objects.filter(id=run.id).update(opening=opening, message=strange)
        study_changes.rename(run.study, strange)
        file = self.file(run.study_id)
        assert file.data["outline"]["turns"][0]["text"] == strange
        assert file.data["outline"]["runs"][0]["opening"] == opening
        assert "<img" not in file.text
        assert file.text.count("<!--") == 0
        # The theme, the outline, the run, and the program.
        assert len(re.findall(r"<script\b", file.text)) == len(re.findall(r"</script", file.text)) == 4
        assert "\u2028" not in file.text

    def test_its_policy_knows_what_is_in_it_and_allows_nothing_else(self) -> None:
        file = self.file(self.run_of().study_id)
        found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', file.text)
        assert found
        policy = dict(part.split(" ", 1) for part in found[1].split("; "))
        assert policy["default-src"] == "'none'"
        scripts = re.findall(r'<script(?: type="module")?>(.*?)</script>', file.text, re.DOTALL)
        styles = re.findall(r"<style>(.*?)</style>", file.text, re.DOTALL)
        assert set(policy["script-src"].split()) == {hash_of(text) for text in scripts}
        assert set(policy["style-src"].split()) == {hash_of(text) for text in styles}
        assert policy["img-src"] == "data:"
        assert set(policy) == {
            "default-src", "script-src", "style-src", "img-src", "base-uri", "form-action",
        }  # fmt: skip
        assert " style=" not in re.sub(r"<(script|style)\b.*?</\1>", "", file.text, flags=re.DOTALL)

    def test_it_names_no_other_place(self) -> None:
        file = self.file(self.run_of().study_id)
        page = re.sub(r"<script\b.*?</script>", "", file.text, flags=re.DOTALL)
        asked = re.findall(r'(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
        assert all(one.startswith(("#", "data:", '"data:')) for one in asked), asked
        assert "testserver" not in file.text


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
