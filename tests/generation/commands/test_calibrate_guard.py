"""`manage.py calibrate_guard`: the line that a budget allows, on a policy's draft or a guard's card."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from generation.home import home_at
from guard import artifacts
from guard.evidence.artifact import read as read_artifact
from guard.evidence.shelf import keep
from guard.models import Policy, PolicyVersion
from guard.policy.interval import upper
from guard.policy.reading import read
from guard.policy.shipped import default
from tests.guard.evidence.made import architecture, artifact
from tests.tiny import tiny_llama_dir

TEXT = "once upon a time there was a little plant that wanted to see the rain"


class CalibrateGuard(TestCase):
    @pytest.fixture(autouse=True)
    def _places(self, tmp_path: Path) -> None:
        self.tmp = tmp_path
        self.model = tiny_llama_dir(tmp_path / "tiny")
        self.home = home_at(str(self.model))
        self.data = tmp_path / "benign.jsonl"
        self.rows(60)

    def setUp(self) -> None:
        network = architecture(width=self.home.width)
        self.guard = artifact("mine", network, (1,), home=self.home)
        artifacts.register(keep(self.guard, self.tmp))

    def rows(self, count: int) -> None:
        rows = (
            {"prompt": f"Tell me {number}", "response": TEXT[5 * (number % 7) :]} for number in range(count)
        )
        self.data.write_text("\n".join(json.dumps(row) for row in rows))

    def run_it(self, name: str, **options: object) -> str:
        out = io.StringIO()
        with override_settings(DATA_DIR=self.tmp):
            call_command(
                "calibrate_guard", name, data=self.data, model=str(self.model), stdout=out, **options
            )
        return out.getvalue()

    def test_a_policy_s_draft_takes_the_line_over(self) -> None:
        policy = Policy.objects.create(name="careful")
        PolicyVersion.objects.create(policy=policy, spec=default("mine"))
        said = self.run_it("careful", budget=0.1)
        draft = PolicyVersion.objects.get(policy=policy, number=None)
        (evidence,) = read(draft.spec).evidence
        assert evidence.threshold is not None
        assert evidence.calibration is not None
        told = evidence.calibration
        assert (told.count, told.budget) == (60, 0.1)
        assert told.stopped <= 6
        assert told.bound == pytest.approx(upper(told.stopped, 60))
        assert f"it stops {told.stopped} of 60 harmless answers" in said
        assert "The draft of careful has it" in said

    def test_a_published_policy_gets_a_draft_and_stays_as_it_is(self) -> None:
        from guard.publishing import publish

        policy = Policy.objects.create(name="careful")
        PolicyVersion.objects.create(policy=policy, spec=default("mine", threshold=0.9))
        published = publish(policy)
        self.run_it("careful", budget=0.05)
        published.refresh_from_db()
        assert read(published.spec).tau == 0.9
        draft = PolicyVersion.objects.get(policy=policy, number=None)
        assert read(draft.spec).tau != 0.9

    def test_a_guard_gets_a_new_card_with_a_line_for_each_rule(self) -> None:
        said = self.run_it("mine", budget=0.1)
        row = artifacts.newest("mine")
        assert row is not None
        card = read_artifact(Path(row.where)).card
        assert row.sha256 != self.guard.sha256
        assert card.sha256 == self.guard.card.sha256, "the weights are the same"
        assert {one.rule for one in card.calibration.thresholds} == {"classic", "consecutive", "ema"}
        for one in card.calibration.thresholds:
            assert one.stopped <= 6
            assert f"{one.threshold:.6g}" in said

    def test_to_be_sure_takes_more_answers(self) -> None:
        with self.assertRaisesMessage(CommandError, "60 benign answers are too few to be sure of 1.0%."):
            self.run_it("mine", sure=True)
        self.run_it("mine", sure=True, budget=0.2)
        row = artifacts.newest("mine")
        assert row is not None
        for one in read_artifact(Path(row.where)).card.calibration.thresholds:
            assert one.bound <= 0.2

    def test_what_is_not_there_is_said(self) -> None:
        with self.assertRaisesMessage(CommandError, "There is no policy and no guard named nobody here."):
            self.run_it("nobody")

    def test_wrong_data_is_said_with_its_line(self) -> None:
        good = json.dumps({"prompt": "Hello", "response": "Hi"})
        for bad in (
            "{",
            "[]",
            '{"prompt": "a"}',
            '{"prompt": 1, "response": "b"}',
            '{"prompt":"a","response":""}',
        ):
            self.data.write_text(f"{good}\n\n{bad}\n")
            with self.assertRaisesMessage(CommandError, "Line 3 of the file has no prompt and response."):
                self.run_it("mine")
        self.data.write_text("")
        with self.assertRaisesMessage(CommandError, "There are no benign answers to calibrate with."):
            self.run_it("mine")
        self.data.unlink()
        with self.assertRaisesMessage(CommandError, "The file can't be read."):
            self.run_it("mine")

    def test_a_guard_of_another_model_is_refused(self) -> None:
        from dataclasses import replace

        other = artifact(
            "other",
            architecture(width=self.home.width),
            (1,),
            home=replace(self.home, fingerprint="0" * 32),
        )
        artifacts.register(keep(other, self.tmp))
        with self.assertRaisesMessage(CommandError, "was made for other weights"):
            self.run_it("other")

    def test_only_the_sandbox_writes_its_own_data(self) -> None:
        with (
            self.assertRaisesMessage(CommandError, "Only the sandbox model can write its own data"),
            override_settings(DATA_DIR=self.tmp),
        ):
            call_command("calibrate_guard", "mine", sandbox=True, model=str(self.model))

    def test_the_sandbox_s_own_answers_do_for_its_own_guard(self) -> None:
        from generation.sandbox.guarding.recipe import GUARD, NAME

        artifacts.register(GUARD)
        with override_settings(DATA_DIR=self.tmp):
            call_command(
                "calibrate_guard", NAME, sandbox=True, count=12, budget=0.25, seed=5, stdout=io.StringIO()
            )
        row = artifacts.newest(NAME)
        assert row is not None
        assert Path(row.where).is_relative_to(self.tmp)
        for one in read_artifact(Path(row.where)).card.calibration.thresholds:
            assert one.count == 12
            assert one.stopped <= 3
