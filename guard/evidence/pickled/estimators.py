"""From the machine's inert values to a network's numbers, and to scikit-learn's own objects for comparing."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.evidence.pickled import names
from guard.evidence.pickled.arrays import Unreadable
from guard.evidence.pickled.machine import Thing

Floats = npt.NDArray[np.float64]
CLASSIFIERS = (names.MLP, names.LOGISTIC, names.SVC)
WANTED = (
    "This file must hold an MLPClassifier, a LogisticRegression or a LinearSVC, alone or behind a"
    " StandardScaler in a Pipeline."
)


@dataclass(frozen=True, slots=True)
class Found:
    """`classes` are the names of the two answers; the network's logit speaks for the second one."""

    classifier: Thing
    scaler: Thing | None
    arrays: dict[str, Floats]
    activation: str
    classes: tuple[str, str]

    @property
    def sklearn_version(self) -> str:
        version = self.classifier.state.get("_sklearn_version")
        return version[:20] if isinstance(version, str) and version.isprintable() else "unknown"

    @property
    def name(self) -> str:
        return self.classifier.of[1]


def find(value: Any) -> Found:
    """Raises Unreadable where it isn't one of the classifiers that can be a guard."""
    classifier, scaler = _parts(value)
    state = classifier.state
    classes = _classes(state)
    arrays = _scaling(scaler)
    if classifier.of == names.MLP:
        activation = state.get("activation")
        if activation not in ("identity", "logistic", "tanh", "relu"):
            raise Unreadable("This MLP's activation isn't one of scikit-learn's.")
        if state.get("out_activation_") != "logistic":
            raise Unreadable("This MLP doesn't tell two classes apart.")
        weights, biases = _list(state, "coefs_"), _list(state, "intercepts_")
        if not weights or len(weights) != len(biases):
            raise Unreadable("This MLP's weights are damaged.")
        for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            arrays[f"weight.{number}"], arrays[f"bias.{number}"] = _floats(weight, 2).T, _floats(bias, 1)
    else:
        activation = "identity"
        weight = _floats(state.get("coef_"), 2)
        bias = _number(state.get("intercept_"))
        arrays["weight.0"], arrays["bias.0"] = weight, bias
    _joined(arrays)
    return Found(classifier, scaler, arrays, activation, classes)


def _parts(value: Any) -> tuple[Thing, Thing | None]:
    if isinstance(value, Thing) and value.of in CLASSIFIERS:
        return value, None
    if not isinstance(value, Thing) or value.of != names.PIPELINE:
        raise Unreadable(WANTED)
    steps = value.state.get("steps")
    if type(steps) is not list or not all(type(step) is tuple and len(step) == 2 for step in steps):
        raise Unreadable(WANTED)
    parts = [part for _, part in steps if part is not None and part != "passthrough"]
    if not all(isinstance(part, Thing) for part in parts):
        raise Unreadable(WANTED)
    kinds = [part.of for part in parts]
    if len(kinds) == 1 and kinds[0] in CLASSIFIERS:
        return parts[0], None
    if len(kinds) == 2 and kinds[0] == names.SCALER and kinds[1] in CLASSIFIERS:
        return parts[1], parts[0]
    raise Unreadable(WANTED)


def _classes(state: dict[str, Any]) -> tuple[str, str]:
    classes = _array(state.get("classes_"))
    if classes is None or classes.shape != (2,):
        raise Unreadable("This classifier isn't trained, or tells other than two classes apart.")
    first, second = (str(name)[:80] for name in classes.tolist())
    return first, second


def _scaling(scaler: Thing | None) -> dict[str, Floats]:
    if scaler is None:
        return {}
    mean, scale = (_array(scaler.state.get(name)) for name in ("mean_", "scale_"))
    if scaler.state.get("with_mean") is False:
        mean = None  # it was learnt, and isn't used
    if mean is None and scale is None:
        return {}
    known = mean if mean is not None else scale
    assert known is not None
    return {
        "mean": np.zeros(known.shape) if mean is None else _floats(mean, 1),
        "scale": np.ones(known.shape) if scale is None else _floats(scale, 1),
    }


def _joined(arrays: dict[str, Floats]) -> None:
    """Each layer must take what the one below gives, and the last must give one number."""
    depth = sum(name.startswith("weight.") for name in arrays)
    width = arrays["weight.0"].shape[1]
    if any(name in arrays and arrays[name].shape != (width,) for name in ("mean", "scale")):
        raise Unreadable("This classifier's scaler and weights don't fit together.")
    for number in range(depth):
        above = arrays[f"weight.{number}"].shape[0]
        if arrays[f"weight.{number}"].shape[1] != width or arrays[f"bias.{number}"].shape != (above,):
            raise Unreadable("This classifier's weights don't fit together.")
        width = above
    if width != 1:
        raise Unreadable("This classifier tells other than two classes apart.")


def _list(state: dict[str, Any], name: str) -> list[Any]:
    value = state.get(name)
    return value if type(value) is list else []


def _array(value: Any) -> npt.NDArray[Any] | None:
    value = value.value if isinstance(value, Thing) else value
    return value if isinstance(value, np.ndarray) else None


def _floats(value: Any, dimensions: int) -> Floats:
    array = _array(value)
    if array is None or array.ndim != dimensions or array.dtype.kind != "f" or not array.size:
        raise Unreadable("This classifier isn't trained, or its weights are damaged.")
    if not np.isfinite(array).all():
        raise Unreadable("This classifier's weights hold what is no finite number.")
    return np.ascontiguousarray(array, np.float64)


def _number(value: Any) -> Floats:
    """An intercept: one number, or 0.0 where the classifier was trained without."""
    if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
        return np.array([value], np.float64)
    return _floats(value, 1)


def warm() -> dict[tuple[str, str], type]:
    """scikit-learn's classes by name, each used once: afterwards no file needs to be opened for them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    inputs, wanted = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        StandardScaler().fit(inputs).transform(inputs)
        MLPClassifier((1,), max_iter=1, solver="lbfgs").fit(inputs, wanted).predict_proba(inputs)
        LogisticRegression().fit(inputs, wanted).predict_proba(inputs)
        LinearSVC().fit(inputs, wanted).decision_function(inputs)
    return {
        names.MLP: MLPClassifier, names.LOGISTIC: LogisticRegression,
        names.SVC: LinearSVC, names.SCALER: StandardScaler,
    }  # fmt: skip


def probabilities(found: Found, inputs: Floats, classes: dict[tuple[str, str], type]) -> Floats:
    """What scikit-learn itself says of the second class. LinearSVC has no probability: the logistic
    function of its margin stands for one."""
    if found.scaler is not None:
        inputs = _rebuilt(found.scaler, classes).transform(inputs)
    classifier = _rebuilt(found.classifier, classes)
    if found.classifier.of == names.SVC:
        margin = classifier.decision_function(inputs)
        return np.asarray(1 / (1 + np.exp(-np.clip(margin, -700, 700))), np.float64)
    return np.asarray(classifier.predict_proba(inputs)[:, 1], np.float64)


def _rebuilt(thing: Thing, classes: dict[tuple[str, str], type]) -> Any:
    """The object, attribute by attribute; what isn't plain data is left out."""
    cls: Any = classes[thing.of]
    made = cls.__new__(cls)
    for name, value in thing.state.items():
        if not name.startswith("__") and (plain := _plain(value)) is not _NOT_PLAIN:
            made.__dict__[name] = plain
    return made


_NOT_PLAIN = object()


def _plain(value: Any, depth: int = 0) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Thing):
        return value.value if isinstance(value.value, np.ndarray) else _NOT_PLAIN
    if type(value) in (list, tuple) and depth < 3:
        items = [_plain(item, depth + 1) for item in value]
        return _NOT_PLAIN if any(item is _NOT_PLAIN for item in items) else type(value)(items)
    return _NOT_PLAIN
