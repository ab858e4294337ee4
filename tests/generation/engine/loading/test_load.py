from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from generation.engine.loading import (
    Kind,
    load,
    pick_device,
    pick_dtype,
    pick_threads,
)
from tests.generation.engine.loading.helpers import refused
from tests.hub import hub_that_answers, nobody
from tests.tiny import KINDS, tiny_llama_dir, tiny_tokenizer


@pytest.mark.parametrize("kind", KINDS)
def test_a_directory_loads_with_its_very_weights(kind: str, tmp_path: Path) -> None:
    folder = tiny_llama_dir(tmp_path / "tiny", kind=kind)
    loaded = load(str(folder))
    assert loaded.name == "tiny"
    assert loaded.tokenizer("Water it 🌱")["input_ids"] == tiny_tokenizer(kind)("Water it 🌱")["input_ids"]
    stored = load_file(folder / "model.safetensors")
    weights = loaded.model.state_dict()
    assert stored.keys() == weights.keys()
    assert all(torch.equal(stored[key], weights[key]) for key in stored)
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())


def test_the_number_format_is_the_one_asked_for(original: Path) -> None:
    assert load(str(original)).model.dtype == torch.float32
    assert load(str(original), dtype="bfloat16").model.dtype == torch.bfloat16


def test_sharded_weights_load(tmp_path: Path, original: Path) -> None:
    folder = tiny_llama_dir(tmp_path / "sharded", shard="60KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    ours, whole = load(str(folder)).model.state_dict(), load(str(original)).model.state_dict()
    assert all(torch.equal(ours[key], whole[key]) for key in whole)


def test_pickled_weights_load(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert load(str(folder)).fingerprint


def test_tied_weights_are_not_missed(tmp_path: Path) -> None:
    folder = tiny_llama_dir(tmp_path / "tied", tie_word_embeddings=True)
    model = load(str(folder)).model
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()


def test_progress_bars_and_log_levels_are_left_as_they_were(original: Path) -> None:
    from transformers.utils import logging

    before = logging.is_progress_bar_enabled(), logging.get_verbosity()
    load(str(original))
    assert (logging.is_progress_bar_enabled(), logging.get_verbosity()) == before


@pytest.mark.parametrize("name", ["/nowhere/model", "./nowhere", "../nowhere", "~/nowhere/model", "a/b/c"])
def test_a_directory_that_is_not_there_is_missing(name: str) -> None:
    assert refused(name) == (Kind.MISSING, f"There is no model directory {name}.")


def test_a_file_is_no_directory(original: Path) -> None:
    assert refused(original / "config.json")[0] == Kind.MISSING


@pytest.mark.parametrize(
    "name", ["no spaces please", "a--b/c", "", " ", "-x", "<script>", "a" * 10_000, "a\0b", "~nobody-here/a"]
)
def test_what_can_be_no_name_is_missing(name: str, tmp_path: Path) -> None:
    with hub_that_answers(nobody, tmp_path):
        assert refused(name)[0] == Kind.MISSING


def test_the_device_follows_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device() == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device() == torch.device("cuda")


@pytest.mark.parametrize("wish", ["cuda:7", "tpu", "meta", "", "cuda:x"])
def test_a_device_that_is_not_there_is_told(
    wish: str, original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert refused(original, device=wish)[0] == Kind.NO_DEVICE
    assert pick_device("cuda:0") == torch.device("cuda:0")


def test_the_number_format_follows_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = torch.device("cuda")
    assert pick_dtype("auto", torch.device("cpu")) == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert pick_dtype("auto", gpu) == torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    assert pick_dtype("auto", gpu) == torch.float16
    assert pick_dtype("float32", gpu) == torch.float32
    with pytest.raises(ValueError, match="no number format"):
        pick_dtype("float64", gpu)


def test_a_small_model_gets_one_thread() -> None:
    assert pick_threads(None, 7_000_000, 8) == 1
    assert pick_threads(None, 135_000_000, 8) == 8
    assert pick_threads(3, 7_000_000, 8) == 3
    assert pick_threads(0, 135_000_000, 0) == 1
