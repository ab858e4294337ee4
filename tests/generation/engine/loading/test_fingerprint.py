from __future__ import annotations

import re
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from generation.engine.loading.checkpoint import find_weights, fingerprint
from tests.generation.engine.loading.helpers import change


def _mark(folder: Path, whole: int = 1 << 30) -> str:
    return fingerprint(folder, find_weights(folder, "it"), "it", whole)


@pytest.mark.parametrize("whole", [1 << 30, 0], ids=["whole", "sampled"])
def test_the_fingerprint_names_the_weights(whole: int, folder: Path, original: Path) -> None:
    before = _mark(original, whole)
    assert re.fullmatch(r"[0-9a-f]{32}", before)
    assert _mark(folder, whole) == before
    change(folder / "config.json", transformers_version="0", _name_or_path="x")
    assert _mark(folder, whole) == before
    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.1.mlp.up_proj.weight"] *= 1.001
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    changed = _mark(folder, whole)
    assert changed != before
    change(folder / "config.json", rope_theta=5.0)
    assert _mark(folder, whole) not in (before, changed)


def test_the_last_byte_of_a_small_model_counts(folder: Path) -> None:
    before = _mark(folder)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    assert _mark(folder) != before


def test_pickled_weights_have_a_fingerprint_too(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    marks = set()
    for content in (b"a" * 3_000_000, b"a" * 2_999_999 + b"b", b"a" * 2_000_000):
        (folder / "pytorch_model.bin").write_bytes(content)
        marks |= {_mark(folder, 0), _mark(folder)}
    assert len(marks) == 6
