"""Real classifiers of scikit-learn, trained in no time, and files that mean harm."""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

WIDTH = 16
_RNG = np.random.default_rng(5)
INPUTS = _RNG.normal(3, 2, (80, WIDTH))
LABELS = (INPUTS @ _RNG.normal(size=WIDTH) > INPUTS.mean()).astype(int)


def trained(kind: str, *, scaled: bool = False, labels: Any = LABELS, **options: Any) -> Any:
    """An `mlp`, `logistic` or `svc`."""
    classifier = {"mlp": MLPClassifier, "logistic": LogisticRegression, "svc": LinearSVC}[kind](
        **{"random_state": 0, **({"max_iter": 15} if kind == "mlp" else {}), **options}
    )
    made = make_pipeline(StandardScaler(), classifier) if scaled else classifier
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return made.fit(INPUTS, labels)


def joblibbed(value: Any, **options: Any) -> bytes:
    import joblib

    out = io.BytesIO()
    joblib.dump(value, out, **options)
    return out.getvalue()


class Calls:
    """Pickles as a call of `what`."""

    def __init__(self, what: Any, *args: Any) -> None:
        self._what, self._args = what, args

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._what, self._args


def stack_global(module: bytes, name: bytes, *, memo: bool = False) -> bytes:
    """A call of module.name("touch …") in which the name is put together on the stack, also by the memo."""
    text: Callable[[bytes], bytes] = lambda part: b"\x8c" + bytes([len(part)]) + part  # noqa: E731
    if memo:
        names = text(name) + b"\x94" + b"0" + text(module) + b"\x94" + b"0" + b"h\x01" + b"h\x00"
    else:
        names = text(module) + text(name)
    return b"\x80\x04" + names + b"\x93" + text(b"touch /tmp/never") + b"\x85R."


def hostile(touch: str) -> dict[str, bytes]:
    """By the way they try; each would run the command `touch` if it were unpickled."""
    import builtins
    import os
    import subprocess

    good = pickle.dumps(trained("logistic"))
    hidden = trained("logistic")
    hidden.extra_ = Calls(os.system, touch)
    nested = trained("mlp", hidden_layer_sizes=(2,))
    nested.coefs_ = [Calls(os.system, touch)]
    shell = touch.encode()
    return {
        "os.system": pickle.dumps(Calls(os.system, touch)),
        "eval": pickle.dumps(Calls(builtins.eval, f"__import__('os').system({touch!r})")),
        "exec": pickle.dumps(Calls(builtins.exec, f"import os; os.system({touch!r})")),
        "getattr": b"cbuiltins\ngetattr\n.",
        "import": pickle.dumps(Calls(builtins.__import__, "os")),
        "subprocess": pickle.dumps(Calls(subprocess.Popen, ["sh", "-c", touch])),
        "in an attribute": pickle.dumps(hidden),
        "among the weights": pickle.dumps(nested),
        "protocol 0": pickle.dumps(Calls(os.system, touch), 0),
        "protocol 5": pickle.dumps(Calls(os.system, touch), 5),
        "inst": b"(S'" + shell + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'" + shell + b"'\no.",
        "newobj": b"\x80\x02cos\nsystem\nU" + bytes([len(shell)]) + shell + b"\x85\x81.",
        "newobj_ex": b"\x80\x04cos\nsystem\n)}\x92.",
        "stack global": stack_global(b"os", b"system"),
        "stack global by memo": stack_global(b"os", b"system", memo=True),
        "dotted name": stack_global(b"sklearn.pipeline", b"Pipeline.__init__.__globals__"),
        "numpy's own import": b"cnumpy\nsys\n.",
        "joblib's loader": stack_global(b"joblib.numpy_pickle", b"load"),
        "a module of sklearn": stack_global(b"sklearn.utils", b"os.system"),
        "pickle.loads": stack_global(b"_pickle", b"loads"),
        "extension": b"\x80\x02\x82\x01.",
        "persistent id": b"\x80\x04\x8c\x01aQ.",
        "persistent text": b"Pos.system\n.",
        "build on a name": b"cnumpy\ndtype\n}b.",
        "setitems on a name": b"cnumpy\nndarray\n(S'a'\nI1\nu.",
        "a second pickle": good + pickle.dumps(Calls(os.system, touch)),
        "bytes behind": good + b"x",
        "buffers": b"\x80\x05\x97.",
        "reduce of a text": b"\x80\x04\x8c\x01a)R.",
        "objects in joblib": joblibbed(np.array([Calls(os.system, touch)], dtype=object)),
    }


def broken() -> dict[str, bytes]:
    """Damaged, or made to be too much."""
    good = pickle.dumps(trained("logistic", scaled=True))
    return {
        "empty": b"",
        "text": b"hello",
        "stop alone": b".",
        "nothing marked": b"\x80\x04t.",
        "mark left": b"\x80\x04(.",
        "mark popped": b"\x80\x04(0N.",
        "two values": b"\x80\x04NN.",
        "deep": b"\x80\x04" + b"(" * 400_000 + b"l" * 400_000 + b".",
        "deep lists": b"\x80\x04" + b"]" * 300_000 + b"a" * 299_999 + b".",
        "huge memo": b"\x80\x04]r\xff\xff\xff\xff.",
        "huge length": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
        "huge negative": b"\x80\x02\x8b\xff\xff\xff\xffabc.",
        "long number": b"\x80\x02I" + b"9" * 10_000 + b"\n.",
        "dict key": b"\x80\x04}](K\x01K\x02lK\x03s.",
        "odd dict": b"(I1\nd.",
        "memo of nobody": b"\x80\x04h\x05.",
        "too many opcodes": b"\x80\x04" + b"N0" * 1_500_000 + b"N.",
        "wrong version": b"\x80\x09N.",
        "none": pickle.dumps(None),
        "a list": pickle.dumps([1, 2]),
        **{f"cut at {share} %": good[: len(good) * share // 100] for share in (1, 10, 35, 60, 85, 99)},
    }
