from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from generation.engine.loading import (
    Kind,
    load,
)
from tests.generation.engine.loading.helpers import change, refused
from tests.tiny import tiny_tokenizer


def spoil_cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def spoil_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 4000)


def spoil_empty(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def spoil_gone(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def spoil_tensor(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def spoil_names(folder: Path) -> None:
    tensors = {f"net.{key}": value for key, value in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def spoil_shape(folder: Path) -> None:
    change(folder / "config.json", intermediate_size=80)


def spoil_layers(folder: Path) -> None:
    change(folder / "config.json", num_hidden_layers=3)


def spoil_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "llama", ')


def spoil_list(folder: Path) -> None:
    (folder / "config.json").write_text("[]")


def spoil_values(folder: Path) -> None:
    change(folder / "config.json", hidden_size="wide")


def spoil_no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def spoil_index(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def spoil_index_text(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text("{]")


def spoil_index_path(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder.parent / "elsewhere.safetensors")
    index = {"weight_map": {"a": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def spoil_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"version": "1.0"')


def spoil_vocabulary(folder: Path) -> None:
    tiny_tokenizer("sentencepiece").save_pretrained(folder)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_cut,
        spoil_header,
        spoil_empty,
        spoil_gone,
        spoil_tensor,
        spoil_names,
        spoil_shape,
        spoil_layers,
        spoil_config,
        spoil_list,
        spoil_values,
        spoil_no_config,
        spoil_index,
        spoil_index_text,
        spoil_index_path,
        spoil_tokenizer,
        spoil_vocabulary,
    ],
)
def test_a_broken_model_is_refused_never_filled_with_random_weights(
    spoil: Callable[[Path], None], folder: Path
) -> None:
    spoil(folder)
    assert refused(folder)[0] == Kind.BROKEN


def test_weights_that_nobody_uses_are_no_reason_to_refuse_but_are_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tensors = load_file(folder / "model.safetensors") | {"v_head.weight": torch.zeros(3)}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    load(str(folder))
    assert "holds 1 tensors that its architecture doesn't use" in caplog.text


def test_a_missing_tensor_is_named(folder: Path) -> None:
    spoil_tensor(folder)
    assert "model.layers.1.mlp.up_proj.weight" in refused(folder)[1]


def test_pickled_weights_that_run_code_are_refused(folder: Path) -> None:
    spoil_gone(folder)

    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.write_text, (folder / "harm", "done"))

    torch.save({"a": Harm()}, folder / "pytorch_model.bin")
    assert refused(folder)[0] == Kind.BROKEN
    assert not (folder / "harm").exists()
