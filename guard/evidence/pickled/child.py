"""The process that reads a pickle: file on standard input, arrays on standard output. It never unpickles.

Run by path with `python -I`, an empty environment and `/` as its folder. What it needs is imported, and
scikit-learn is used once, before it confines itself; only then it reads the file.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any


def main() -> None:
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    warnings.simplefilter("ignore")
    import numpy as np
    from safetensors.numpy import save

    from guard.evidence.pickled.arrays import Unreadable
    from guard.evidence.pickled.confinement import confine
    from guard.evidence.pickled.estimators import find, probabilities, warm
    from guard.evidence.pickled.machine import Machine
    from guard.evidence.pickled.parity import inputs_for

    classes = warm()
    save({"warm": np.zeros(1)})
    json.dumps({"warm": 0.5})
    out, source = sys.stdout.buffer, sys.stdin.buffer
    held = confine()
    try:
        found = find(Machine(io.BytesIO(source.read())).run())
        inputs = inputs_for(found.arrays)
        try:
            expected = probabilities(found, inputs, classes)
        except Exception as error:
            raise Unreadable(
                f"scikit-learn can't use this classifier here; it was made with version"
                f" {found.sklearn_version}."
            ) from error
    except Unreadable as error:
        _answer(out, {"refused": str(error), "confined": held}, b"")
    except (MemoryError, RecursionError):
        _answer(out, {"refused": "This file needs more memory than a guard may.", "confined": held}, b"")
    else:
        arrays = {**found.arrays, "inputs": inputs, "expected": expected}
        told = {
            "name": found.name,
            "activation": found.activation,
            "classes": found.classes,
            "version": found.sklearn_version,
            "confined": held,
        }
        _answer(out, told, save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def _answer(out: Any, told: dict[str, Any], arrays: bytes) -> None:
    """One line of JSON, then the arrays as safetensors."""
    out.write(json.dumps(told).encode() + b"\n")
    out.write(arrays)
    out.flush()


if __name__ == "__main__":
    main()
