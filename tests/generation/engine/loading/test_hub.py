from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from generation.engine.loading import (
    Kind,
    load,
)
from tests.generation.engine.loading.helpers import change, refused
from tests.hub import Hub, hub_that_answers, nobody, refusal


def test_a_model_of_the_hub_loads_by_its_name(original: Path, tmp_path: Path) -> None:
    hub = Hub("people/tiny", original)
    with hub_that_answers(hub, tmp_path):
        loaded = load("people/tiny")
    assert loaded.name == "people/tiny"
    assert loaded.fingerprint == load(str(original)).fingerprint
    assert hub.fetched[-1] == "model.safetensors"


def test_a_model_that_is_here_already_loads_without_the_hub(original: Path, tmp_path: Path) -> None:
    with hub_that_answers(Hub("people/tiny", original), tmp_path):
        load("people/tiny")
    with hub_that_answers(nobody, tmp_path):
        assert load("people/tiny").name == "people/tiny"


def test_pickled_weights_are_fetched_only_where_there_are_no_others(folder: Path, tmp_path: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    hub = Hub("people/both", folder)
    with hub_that_answers(hub, tmp_path / "first"):
        load("people/both")
    assert "pytorch_model.bin" not in hub.fetched
    (folder / "model.safetensors").unlink()
    with hub_that_answers(Hub("people/old", folder), tmp_path / "second"):
        assert load("people/old").fingerprint


def test_a_model_that_cannot_be_served_is_refused_before_its_weights_are_fetched(
    folder: Path, tmp_path: Path
) -> None:
    change(folder / "config.json", model_type="t5")
    hub = Hub("people/tiny", folder)
    with hub_that_answers(hub, tmp_path):
        assert refused("people/tiny")[0] == Kind.UNSUPPORTED
    assert "config.json" in hub.fetched
    assert "model.safetensors" not in hub.fetched


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(404, "RepoNotFound"), Kind.MISSING, "has no model people/tiny"),
        (refusal(401), Kind.MISSING, "private"),
        (refusal(404, "RevisionNotFound"), Kind.MISSING, "has no revision"),
        (refusal(403, "GatedRepo"), Kind.GATED, "accept its licence"),
        (refusal(401, "GatedRepo"), Kind.GATED, "HF_TOKEN"),
        (refusal(401, message="Invalid credentials in Authorization header"), Kind.GATED, "check HF_TOKEN"),
        (refusal(403), Kind.GATED, "check HF_TOKEN"),
        (refusal(500), Kind.UNREACHABLE, "can't be reached"),
        (refusal(404), Kind.UNREACHABLE, "can't be reached"),
        (nobody, Kind.UNREACHABLE, "isn't on this machine"),
    ],
)
def test_each_refusal_of_the_hub_has_its_sentence(
    answer: Any, kind: Kind, words: str, tmp_path: Path
) -> None:
    with hub_that_answers(answer, tmp_path):
        told, sentence = refused("people/tiny", token="hf_none")
    assert told == kind
    assert words in sentence


def test_a_licence_that_is_not_accepted_is_told_where_only_the_files_are_refused(
    original: Path, tmp_path: Path
) -> None:
    with hub_that_answers(Hub("people/tiny", original, gated=True), tmp_path):
        assert refused("people/tiny")[0] == Kind.GATED


def test_a_download_that_broke_off_is_no_broken_model(original: Path, tmp_path: Path) -> None:
    hub = Hub("people/tiny", original)

    def breaks_off(request: Any) -> Any:
        if request.url.path.endswith("model.safetensors"):
            return nobody(request)
        return hub(request)

    with hub_that_answers(breaks_off, tmp_path):
        assert refused("people/tiny")[0] == Kind.UNREACHABLE
    with hub_that_answers(nobody, tmp_path):
        assert refused("people/tiny")[0] == Kind.UNREACHABLE


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, Kind.TOO_LARGE), (errno.EACCES, Kind.UNREACHABLE)]
)
def test_a_disk_that_takes_no_more_is_told(number: int, kind: Kind, tmp_path: Path) -> None:
    def full(request: Any) -> Any:
        raise OSError(number, "the disk")

    with hub_that_answers(full, tmp_path):
        assert refused("people/tiny")[0] == kind
