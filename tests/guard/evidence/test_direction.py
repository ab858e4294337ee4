"""What a model may be steered by: a probe's own direction, or a vector that somebody brings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from guard.evidence.architecture import Architecture
from guard.evidence.artifact import load, make, read, write
from guard.evidence.card import Calibration
from guard.evidence.direction import along, imported
from guard.evidence.refused import ArtifactRefused
from tests.guard.evidence.made import HOME, WIDTH, architecture, artifact

pytestmark = pytest.mark.once

NETWORKS: dict[str, Architecture] = {
    "linear": architecture(),
    "linear, scaled": architecture(norm="standard"),
    "deep, without activation": architecture((8, 4), "identity", "standard"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_added_once_it_lowers_the_logit_by_one(name: str) -> None:
    made = artifact("made", NETWORKS[name], seed=4, calibration=Calibration(1.7, 0.3))
    module = made.module()
    states = torch.randn(20, 1, WIDTH, generator=torch.Generator().manual_seed(1))
    for strength in (1.0, -2.0, 0.25):
        moved = states + strength * torch.from_numpy(along(made))
        lower = torch.logit(module(states).double()) - torch.logit(module(moved).double())
        torch.testing.assert_close(lower, torch.full((20,), strength, dtype=torch.float64), atol=2e-3, rtol=0)


def test_an_mlps_leads_down_too() -> None:
    made = artifact("made", architecture((32,), "tanh", "standard"), seed=4)
    states = torch.randn(200, 1, WIDTH, generator=torch.Generator().manual_seed(1))
    moved = states + 2 * torch.from_numpy(along(made))
    assert made.module()(moved).mean() < made.module()(states).mean()


def test_what_reads_several_layers_or_nothing_gives_none() -> None:
    with pytest.raises(ArtifactRefused, match="several layers"):
        along(artifact("wide", architecture(layers=2), (1, 2)))
    one = artifact()
    blank = make(one.card, {"weight.0": np.zeros((1, WIDTH)), "bias.0": np.ones(1)})
    with pytest.raises(ArtifactRefused, match="looks for nothing"):
        along(blank)


def bring(folder: Path, **tensors: Any) -> Path:
    save_file({name: np.asarray(array) for name, array in tensors.items()}, folder / "v.safetensors")
    return folder / "v.safetensors"


def test_a_vector_is_imported_and_comes_back_as_it_was(tmp_path: Path) -> None:
    vector = np.linspace(-1, 1, WIDTH, dtype=np.float32)
    made = imported(bring(tmp_path, anything=vector[None]), "calm", HOME, 3)
    write(made, tmp_path / "calm")
    back = load(tmp_path / "calm", HOME)
    assert (back.card, back.sha256, back.layers) == (made.card, made.sha256, (3,))
    assert np.array_equal(along(back), vector)
    with pytest.raises(ArtifactRefused, match="calm is a direction to steer by: it judges nothing"):
        back.module()
    with pytest.raises(ArtifactRefused, match="made for other weights"):
        load(tmp_path / "calm", replace(HOME, fingerprint="0" * 32))


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"a": np.zeros(WIDTH, np.float32)}, "leads nowhere"),
        ({"a": np.full(WIDTH, np.nan, np.float32)}, "no finite number"),
        ({"a": np.ones(WIDTH + 1, np.float32)}, "has 17 numbers; the states of tiny have 16"),
        ({"a": np.ones(WIDTH, np.float32), "b": np.ones(WIDTH, np.float32)}, "doesn't hold one vector"),
        ({"a": np.ones(WIDTH, np.int64)}, "doesn't hold one vector"),
    ],
)
def test_what_is_no_direction_is_refused(tmp_path: Path, tensors: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArtifactRefused, match=sentence):
        imported(bring(tmp_path, **tensors), "calm", HOME, 1)


def test_so_is_what_is_no_file_of_numbers_and_a_layer_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArtifactRefused, match="can't be read"):
        imported(tmp_path / "nothing", "calm", HOME, 1)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ArtifactRefused, match="no safetensors file"):
        imported(tmp_path / "text", "calm", HOME, 1)
    good = bring(tmp_path, a=np.ones(WIDTH, np.float32))
    with pytest.raises(ArtifactRefused, match="a layer that its model doesn't have"):
        imported(good, "calm", HOME, 5)
    with pytest.raises(ArtifactRefused, match="small letters"):
        imported(good, "Calm Down", HOME, 1)


def test_a_card_says_whether_it_is_one(tmp_path: Path) -> None:
    made = imported(bring(tmp_path, a=np.ones(WIDTH, np.float32)), "calm", HOME, 1)
    two = Architecture("direction", 2 * WIDTH)
    for wrong in ({"kind": "probe"}, {"layers": (1, 2), "architecture": two}):
        with pytest.raises(ArtifactRefused, match="belongs to one layer, and judges nothing"):
            replace(made.card, **wrong)
    with pytest.raises(ArtifactRefused, match="judges nothing"):
        replace(artifact().card, kind="direction")
    with pytest.raises(ArtifactRefused, match="neither an activation nor a norm"):
        Architecture("direction", WIDTH, norm="standard")
    write(made, tmp_path / "calm")
    (tmp_path / "calm" / "card.json").write_text(
        (tmp_path / "calm" / "card.json").read_text().replace('"direction"', '"probe"', 1)
    )
    with pytest.raises(ArtifactRefused):
        read(tmp_path / "calm")
