"""`manage.py import_direction`: from a vector in a file to what a policy may steer by."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from safetensors.numpy import save_file

from generation.home import home_at
from guard import artifacts
from guard.evidence.artifact import load
from tests.tiny import tiny_llama_dir


class ImportDirection(TestCase):
    @pytest.fixture(autouse=True)
    def _places(self, tmp_path: Path) -> None:
        self.tmp = tmp_path
        self.model = tiny_llama_dir(tmp_path / "tiny")
        self.home = home_at(str(self.model))
        self.file = tmp_path / "vector.safetensors"

    def run_it(self, width: int, name: str = "calm") -> str:
        save_file({"v": np.ones(width, np.float32)}, self.file)
        out = io.StringIO()
        with override_settings(DATA_DIR=self.tmp):
            call_command("import_direction", self.file, model=str(self.model), layer=1, name=name, stdout=out)
        return out.getvalue()

    def test_it_is_kept_and_can_be_named_by_a_policy(self) -> None:
        assert self.run_it(self.home.width) == "The direction calm is kept.\n"
        row = artifacts.newest("calm")
        assert row is not None
        assert row.kind == "direction"
        assert load(Path(row.where), self.home).sha256 == row.sha256

    def test_what_does_not_fit_is_said(self) -> None:
        with self.assertRaisesMessage(CommandError, "This vector has 3 numbers"):
            self.run_it(3)
        with self.assertRaisesMessage(CommandError, "A guard's name has small letters"):
            self.run_it(self.home.width, "../up")
        assert artifacts.newest("calm") is None
