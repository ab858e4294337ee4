"""`manage.py import_guard`: from a pickle to a guard that a policy can name."""

from __future__ import annotations

import io
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from generation.home import home_at
from guard import artifacts
from guard.evidence.artifact import load
from guard.models import Artifact
from tests.guard.evidence.pickles import hostile
from tests.tiny import tiny_llama_dir


class ImportGuard(TestCase):
    @pytest.fixture(autouse=True)
    def _places(self, tmp_path: Path) -> None:
        self.tmp = tmp_path
        self.model = tiny_llama_dir(tmp_path / "tiny")
        self.home = home_at(str(self.model))
        self.file = tmp_path / "My Probe_1.pkl"

    def trained(self) -> None:
        from sklearn.linear_model import LogisticRegression

        rng = np.random.default_rng(1)
        inputs = rng.normal(size=(60, self.home.width))
        self.file.write_bytes(pickle.dumps(LogisticRegression().fit(inputs, inputs[:, 0] > 0)))

    def run_it(self, **options: object) -> str:
        out = io.StringIO()
        with override_settings(DATA_DIR=self.tmp):
            call_command("import_guard", self.file, model=str(self.model), layer=1, stdout=out, **options)
        return out.getvalue()

    def test_it_is_kept_and_can_be_named_by_a_policy(self) -> None:
        self.trained()
        said = self.run_it()
        assert re.search(r"The guard my-probe-1 is kept\. On 272 inputs .* by at most \d\.\de-0[5-9]", said)
        assert "The score is the probability of its class True." in said
        row = artifacts.newest("my-probe-1")
        assert row is not None
        assert Path(row.where).is_relative_to(self.tmp / "guards" / "my-probe-1")
        assert load(Path(row.where), self.home).sha256 == row.sha256

    def test_the_same_file_twice_is_one_guard(self) -> None:
        self.trained()
        self.run_it(name="twice")
        self.run_it(name="twice")
        assert Artifact.objects.filter(name="twice").count() == 1

    def test_a_hostile_file_leaves_nothing_behind(self) -> None:
        mark = self.tmp / "ran"
        self.file.write_bytes(hostile(f"touch {mark}")["in an attribute"])
        with self.assertRaisesMessage(CommandError, "which no guard needs: it was not opened."):
            self.run_it()
        assert not mark.exists()
        assert not (self.tmp / "guards").exists()
        assert not Artifact.objects.exists()

    def test_a_wrong_name_is_said(self) -> None:
        self.trained()
        with self.assertRaisesMessage(CommandError, "A guard's name has small letters"):
            self.run_it(name="../up")

    def test_a_missing_file_is_said(self) -> None:
        with self.assertRaisesMessage(CommandError, "This file can't be read."):
            self.run_it()

    def test_a_missing_model_is_said(self) -> None:
        self.model = self.tmp / "nowhere"
        with pytest.raises(CommandError):
            self.run_it()
