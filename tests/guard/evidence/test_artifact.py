"""Loading refuses, with one sentence, whatever doesn't match; what matches comes back as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from guard.evidence import card as cards
from guard.evidence.artifact import CARD, WEIGHTS, load, make, read, write
from guard.evidence.card import Calibration, Dataset, Metric, Threshold
from guard.evidence.refused import ArtifactRefused
from guard.evidence.shelf import keep
from tests.guard.evidence.made import HOME, architecture, artifact

pytestmark = pytest.mark.once


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    write(artifact("kept", architecture((8, 4), "relu", "standard"), seed=3), tmp_path / "kept")
    return tmp_path / "kept"


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    one = artifact("one", architecture((8,), "tanh", "standard", layers=2), (0, -1), seed=1)
    full = make(
        replace(
            one.card,
            data=(Dataset("answers", "a" * 64, 100, 40, "MIT"),),
            metrics=(Metric("AUC", 0.9, 0.85, 0.93, 100, least=0.8), Metric("delay", -2.0, -3, 0, 9)),
            calibration=Calibration(1.5, -0.2, (Threshold("ema", 0.01, 3.2, 500, 5, 0.023),)),
            notes=("For a test.", "Ünïcödé 🌱"),
        ),
        one.arrays,
    )
    write(full, tmp_path / "one")
    back = load(tmp_path / "one", HOME)
    assert back.card == full.card
    assert back.sha256 == full.sha256
    states = torch.randn(5, 2, HOME.width)
    assert torch.equal(back.module()(states), full.module()(states))
    assert [metric.met for metric in back.card.metrics] == [True, True]


def test_half_precision_weights_are_kept_as_such(tmp_path: Path) -> None:
    one = make(replace(artifact().card, dtype="float16"), artifact().arrays)
    write(one, tmp_path / "half")
    assert load(tmp_path / "half", HOME).arrays["weight.0"].dtype == np.float16


@pytest.mark.parametrize(
    ("home", "sentence"),
    [
        (replace(HOME, fingerprint="0" * 32), "made for other weights: those of tiny"),
        (replace(HOME, width=32), "reads 16 numbers of a model with 4 layers; this model has 32 and 4"),
        (replace(HOME, layers=5), "with 4 layers; this model has 16 and 5"),
        (replace(HOME, chat_template="b" * 64), "another chat template"),
        (replace(HOME, chat_template=None), "another chat template"),
    ],
)
def test_another_model_is_refused(kept: Path, home: Any, sentence: str) -> None:
    with pytest.raises(ArtifactRefused, match=sentence):
        load(kept, home)


def test_another_name_of_the_same_weights_is_not(kept: Path) -> None:
    assert load(kept, replace(HOME, name="moved")).name == "kept"


CARDS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "format": (lambda c: c.update(format=2), "another version of SafeLens"),
    "true as a number": (lambda c: c.update(format=True), "wrong at “format”"),
    "no name": (lambda c: c.pop("name"), "lacks “name”"),
    "hostile name": (lambda c: c.update(name="<script>"), "small letters"),
    "path as a name": (lambda c: c.update(name="../../etc"), "small letters"),
    "endless name": (lambda c: c.update(name="x" * 10_000), "wrong at “name”"),
    "kind": (lambda c: c.update(kind="oracle"), "kind of guard"),
    "extra field": (lambda c: c.update(code="import os"), "isn't known"),
    "architecture": (lambda c: c["architecture"].update(kind="transformer"), "architecture"),
    "activation": (lambda c: c["architecture"].update(activation="gelu"), "architecture"),
    "norm": (lambda c: c["architecture"].update(norm="batch"), "architecture"),
    "list as a kind": (lambda c: c["architecture"].update(kind=["mlp"]), "wrong at “architecture.kind”"),
    "linear with layers": (lambda c: c["architecture"].update(kind="linear"), "no hidden layers"),
    "hidden sizes": (lambda c: c["architecture"].update(hidden=[8, 5]), "don't fit its architecture"),
    "huge hidden": (lambda c: c["architecture"].update(hidden=[1 << 40]), "architecture.hidden"),
    "too deep": (lambda c: c["architecture"].update(hidden=[4] * 9), "architecture.hidden"),
    "too large": (lambda c: c["architecture"].update(hidden=[16_384] * 6), "larger than SafeLens"),
    "no layer": (lambda c: c.update(layers=[]), "no layer"),
    "layer twice": (lambda c: c.update(layers=[2, 2]), "a layer twice"),
    "layer too high": (lambda c: c.update(layers=[5]), "doesn't have"),
    "float layer": (lambda c: c.update(layers=[2.0]), "wrong at “layers”"),
    "width": (lambda c: c.update(width=8), "don't fit its architecture"),
    "negative width": (lambda c: c.update(width=-1), "wrong at “width”"),
    "dtype": (lambda c: c.update(dtype="float64"), "doesn't describe its weights"),
    "other dtype": (lambda c: c.update(dtype="float16"), "type its card says"),
    "hash": (lambda c: c.update(sha256="0" * 64), "aren't those of its card"),
    "no hash": (lambda c: c.update(sha256=""), "doesn't describe its weights"),
    "belongs": (lambda c: c.update(belongs="tiny"), "wrong at “belongs”"),
    "calibration": (lambda c: c["calibration"].update(scale=-1), "turn its scores round"),
    "huge calibration": (lambda c: c["calibration"].update(scale=10**400), "calibration.scale"),
    "text for a number": (lambda c: c["calibration"].update(shift="0"), "calibration.shift"),
    "many notes": (lambda c: c.update(notes=["x"] * 2000), "wrong at “notes”"),
    "metrics": (lambda c: c.update(metrics=[1]), "wrong at “metrics”"),
}


@pytest.mark.parametrize("what", sorted(CARDS))
def test_a_wrong_card_is_refused_with_a_sentence(kept: Path, what: str) -> None:
    change, sentence = CARDS[what]
    card = json.loads((kept / CARD).read_bytes())
    change(card)
    (kept / CARD).write_text(json.dumps(card))
    with pytest.raises(ArtifactRefused, match=sentence) as refused:
        load(kept, HOME)
    assert len(str(refused.value)) < 250
    assert str(kept) not in str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"null", b"[1]", b"{}", b"{" * 100_000, b"[" * 100_000, b'{"format": NaN}',
        b'{"format": 1, "format": 1}', b'{"a": ' * 50_000, b" " * (cards.MOST_BYTES + 1),
    ],
    ids=lambda data: repr(data[:12]),
)  # fmt: skip
def test_a_malformed_card_is_refused_with_a_sentence(kept: Path, data: bytes) -> None:
    (kept / CARD).write_bytes(data)
    with pytest.raises(ArtifactRefused, match="card of this guard"):
        load(kept, HOME)


def rewrite(kept: Path, weights: bytes) -> None:
    """The weights, with a card that vouches for them."""
    (kept / WEIGHTS).write_bytes(weights)
    card = json.loads((kept / CARD).read_bytes())
    card["sha256"] = hashlib.sha256(weights).hexdigest()
    (kept / CARD).write_text(json.dumps(card))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_refused(kept: Path, value: float) -> None:
    arrays = load_file(kept / WEIGHTS)
    arrays["bias.1"][2] = value
    save_file(arrays, kept / WEIGHTS)
    rewrite(kept, (kept / WEIGHTS).read_bytes())
    with pytest.raises(ArtifactRefused, match="no finite number"):
        load(kept, HOME)


@pytest.mark.parametrize("what", ["missing", "extra", "shape", "scale"])
def test_other_tensors_are_refused(kept: Path, what: str) -> None:
    arrays = load_file(kept / WEIGHTS)
    if what == "missing":
        del arrays["mean"]
    elif what == "extra":
        arrays["weight.9"] = arrays["mean"]
    elif what == "shape":
        arrays["weight.0"] = np.ascontiguousarray(arrays["weight.0"].T)
    else:
        arrays["scale"][0] = 0
    save_file(arrays, kept / WEIGHTS)
    rewrite(kept, (kept / WEIGHTS).read_bytes())
    with pytest.raises(
        ArtifactRefused, match="divides by zero" if what == "scale" else "fit its architecture"
    ):
        load(kept, HOME)


def test_a_file_that_is_no_safetensors_is_refused_and_never_unpickled(kept: Path, tmp_path: Path) -> None:
    import pickle

    from tests.guard.evidence.pickles import hostile

    good = (kept / WEIGHTS).read_bytes()
    mark = tmp_path / "ran"
    harm = hostile(f"touch {mark}")["os.system"]
    for data in (b"", b"x", good[:-1], good + b"x", pickle.dumps({"weight.0": 1}), harm, b"\xff" * 64):
        rewrite(kept, data)
        with pytest.raises(ArtifactRefused, match="no safetensors file"):
            load(kept, HOME)
    assert not mark.exists()


def test_a_huge_file_of_weights_is_refused_unread(kept: Path) -> None:
    with (kept / WEIGHTS).open("r+b") as file:
        file.truncate(1 << 36)
    with pytest.raises(ArtifactRefused, match="weights' file of this guard is too large"):
        load(kept, HOME)


@pytest.mark.parametrize("name", [CARD, WEIGHTS])
def test_a_missing_file_is_said(kept: Path, name: str) -> None:
    (kept / name).unlink()
    with pytest.raises(ArtifactRefused, match="can't be read"):
        load(kept, HOME)


def test_a_new_training_leaves_the_old_one_where_it_is(tmp_path: Path) -> None:
    old, new = artifact("one", seed=1), artifact("one", seed=2)
    places = [keep(one, tmp_path) for one in (old, new, old)]
    assert places[0] == places[2]
    assert places[0] != places[1]
    assert load(places[0], HOME).sha256 == old.sha256
    assert load(places[1], HOME).sha256 == new.sha256
    assert sorted(path.name for path in (tmp_path / "guards" / "one").iterdir()) == sorted(
        place.name for place in places[:2]
    )


def test_writing_again_replaces_the_whole(tmp_path: Path) -> None:
    write(artifact("one", seed=1), tmp_path / "one", {"README.md": "old", "more.txt": "x"})
    write(artifact("one", seed=2), tmp_path / "one", {"README.md": "new"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["README.md", CARD, WEIGHTS]
    assert read(tmp_path / "one").sha256 == artifact("one", seed=2).sha256
