"""Every classifier that may become a guard, as pickle and as joblib writes it; and none that may not."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guard.evidence.artifact import Home, read, write
from guard.evidence.pickled.arrays import Unreadable
from guard.evidence.pickled.convert import convert
from guard.evidence.pickled.estimators import Found, find, probabilities, warm
from guard.evidence.pickled.machine import Machine
from guard.evidence.pickled.parity import inputs_for
from guard.evidence.refused import ArtifactRefused
from tests.guard.evidence.pickles import INPUTS, LABELS, WIDTH, joblibbed, trained

pytestmark = pytest.mark.once
HOME = Home("tiny", "f" * 32, WIDTH, 4, None)
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("logistic", {}),
    ("logistic", {"fit_intercept": False}),
    ("svc", {}),
    ("svc", {"fit_intercept": False}),
    *(
        ("mlp", {"hidden_layer_sizes": hidden, "activation": activation})
        for hidden in [(3,), (4, 2), (2, 3, 2)]
        for activation in ["identity", "logistic", "tanh", "relu"]
    ),
    ("mlp", {"hidden_layer_sizes": (3,), "solver": "sgd"}),
    ("mlp", {"hidden_layer_sizes": (3,), "solver": "lbfgs"}),
    ("mlp", {"hidden_layer_sizes": (3,), "early_stopping": True}),
    ("mlp", {"hidden_layer_sizes": (3,), "random_state": np.random.RandomState(2)}),
]


@pytest.fixture(scope="module")
def classes() -> dict[tuple[str, str], type]:
    return warm()


def found_in(data: bytes) -> Found:
    return find(Machine(io.BytesIO(data)).run())


def expected(made: Any, inputs: Any) -> Any:
    if hasattr(made, "predict_proba"):
        return made.predict_proba(inputs)[:, 1]
    return 1 / (1 + np.exp(-np.clip(made.decision_function(inputs), -700, 700)))


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
@pytest.mark.parametrize("scaled", [False, True])
def test_it_is_read_and_rebuilt_as_it_was(
    kind: str, options: dict[str, Any], scaled: bool, classes: dict[tuple[str, str], type]
) -> None:
    made = trained(kind, scaled=scaled, **options)
    for data in [*(pickle.dumps(made, version) for version in range(6)), joblibbed(made)]:
        found = found_in(data)
        inputs = inputs_for(found.arrays)
        np.testing.assert_array_equal(probabilities(found, inputs, classes), expected(made, inputs))
        assert ("mean" in found.arrays) is scaled
        assert found.classes == ("0", "1")


@pytest.mark.parametrize(("kind", "options"), [KINDS[0], KINDS[2], KINDS[7], KINDS[8]], ids=str)
@pytest.mark.parametrize("scaled", [False, True])
def test_the_guard_answers_as_scikit_learn_does(
    tmp_path: Path, kind: str, options: dict[str, Any], scaled: bool
) -> None:
    made = trained(kind, scaled=scaled, **options)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(made))
    converted = convert(tmp_path / "a.pkl", "mine", HOME, 2)
    assert converted.difference <= 1e-4
    assert converted.compared > 200
    write(converted.artifact, tmp_path / "kept")
    import torch

    states = torch.from_numpy(INPUTS.astype(np.float32))[:, None]
    scores = read(tmp_path / "kept").module()(states).numpy()
    np.testing.assert_allclose(scores, expected(made, INPUTS), atol=1e-4)
    assert any("margin" in note for note in converted.artifact.card.notes) is (kind == "svc")


@pytest.mark.parametrize(
    "labels", [LABELS.astype(bool), LABELS.astype(str), np.where(LABELS, "unsafe", "ok").astype(object)]
)
def test_classes_may_be_words(labels: Any) -> None:
    made = trained("logistic", labels=labels)
    for data in (pickle.dumps(made), joblibbed(made)):
        assert found_in(data).classes == tuple(str(name) for name in made.classes_)


def test_the_unsafe_class_can_be_the_first(tmp_path: Path) -> None:
    made = trained("mlp", hidden_layer_sizes=(3,), labels=np.where(LABELS, "safe", "harm"))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(made))
    converted = convert(tmp_path / "a.pkl", "mine", HOME, 2, unsafe="harm")
    import torch

    scores = converted.artifact.module()(torch.from_numpy(INPUTS).float()[:, None]).numpy()
    np.testing.assert_allclose(scores, made.predict_proba(INPUTS)[:, 0], atol=1e-4)
    with pytest.raises(ArtifactRefused, match="no class bad: it tells harm from safe"):
        convert(tmp_path / "a.pkl", "mine", HOME, 2, unsafe="bad")


def test_a_classifier_for_another_width_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(trained("logistic")))
    with pytest.raises(ArtifactRefused, match="reads 16 numbers; the states of tiny have 32"):
        convert(tmp_path / "a.pkl", "mine", Home("tiny", "f" * 32, 32, 4, None), 2)


def test_a_layer_that_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(trained("logistic")))
    with pytest.raises(ArtifactRefused, match="a layer that its model doesn't have"):
        convert(tmp_path / "a.pkl", "mine", HOME, 5)


def test_a_guard_that_answers_differently_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guard.evidence.module import ProbeModule

    forward = ProbeModule.forward
    monkeypatch.setattr(ProbeModule, "forward", lambda self, states: forward(self, states) * 0.999)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(trained("logistic")))
    with pytest.raises(ArtifactRefused, match="differs from scikit-learn"):
        convert(tmp_path / "a.pkl", "mine", HOME, 2)


@pytest.mark.parametrize("how", ["gzip", "zlib", "bz2", "xz", "lzma"])
def test_a_compressed_file_is_refused_with_a_sentence(tmp_path: Path, how: str) -> None:
    (tmp_path / "a.pkl").write_bytes(joblibbed(trained("logistic"), compress=(how, 3)))
    with pytest.raises(ArtifactRefused, match=r"compressed .*: unpack it first"):
        convert(tmp_path / "a.pkl", "mine", HOME, 2)


def test_what_is_no_such_classifier_is_refused_with_a_sentence() -> None:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    three = trained("logistic", labels=np.arange(len(LABELS)) % 3)
    three_mlp = trained("mlp", hidden_layer_sizes=(2,), labels=np.arange(len(LABELS)) % 3)
    nan = trained("logistic")
    nan.coef_[0, 0] = np.nan
    halves = trained("mlp", hidden_layer_sizes=(3,))
    halves.coefs_[1] = halves.coefs_[1][:2]
    ints = trained("logistic")
    ints.coef_ = np.ones((1, WIDTH), int)
    cases = [
        (three, "two classes"),
        (three_mlp, "two classes"),
        (MLPClassifier(), "isn't trained"),
        (nan, "no finite number"),
        (halves, "don't fit together"),
        (ints, "damaged"),
        (StandardScaler().fit(INPUTS), "must hold an MLPClassifier"),
        (make_pipeline(StandardScaler(), StandardScaler(), trained("logistic")), "must hold"),
        ({"clf": 1}, "must hold"),
    ]
    for value, sentence in cases:
        with pytest.raises(Unreadable, match=sentence):
            found_in(pickle.dumps(value))
