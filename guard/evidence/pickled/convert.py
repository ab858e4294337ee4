"""From a scikit-learn pickle to an artifact that answers the same. This process never parses the file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from guard.evidence.architecture import ACTIVATIONS, Architecture
from guard.evidence.artifact import Artifact, Home, make
from guard.evidence.card import Belongs, Card
from guard.evidence.pickled.confinement import WRITTEN
from guard.evidence.pickled.parity import MOST
from guard.evidence.refused import ArtifactRefused

Floats = npt.NDArray[np.float64]
MOST_BYTES = 256 << 20  # of the pickle
WAIT = 120.0  # seconds for the child, which has 60 of processor time
_CHILD = Path(__file__).with_name("child.py")
_PACKED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"]\x00\x00": "lzma",
    b"\x78\x01": "zlib", b"\x78\x5e": "zlib", b"\x78\x9c": "zlib", b"\x78\xda": "zlib",
    b"\x04\x22\x4d\x18": "lz4", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstandard",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Converted:
    """`difference` is the largest one in probability over `compared` inputs; `confined`: see confinement."""

    artifact: Artifact
    difference: float
    compared: int
    confined: tuple[str, ...]


def convert(file: Path, name: str, home: Home, layer: int, unsafe: str | None = None) -> Converted:
    """Raises ArtifactRefused with one sentence for whatever can't become a guard of this model.

    `unsafe` names the class whose probability is the score; by default the classifier's second.
    Guarantee: the artifact's probabilities differ from scikit-learn's by at most 1e-4 on all inputs compared.
    """
    told, arrays = _read(_bytes(file))
    inputs, expected = arrays.pop("inputs"), arrays.pop("expected")
    classes = [str(one) for one in told["classes"]]
    depth = sum(key.startswith("weight.") for key in arrays)
    if unsafe is None:
        unsafe = classes[1]
    if unsafe not in classes:
        raise ArtifactRefused(
            f"This classifier has no class {unsafe[:80]}: it tells {classes[0]} from {classes[1]}."
        )
    if unsafe == classes[0]:
        for part in ("weight", "bias"):
            arrays[f"{part}.{depth - 1}"] = -arrays[f"{part}.{depth - 1}"]
        expected = 1 - expected
    artifact = make(_card(name, home, layer, told, arrays, unsafe), arrays)
    difference = _difference(artifact, inputs, expected)
    if not difference <= MOST:
        raise ArtifactRefused(
            f"The converted guard differs from scikit-learn by {difference:.2g} in probability; at most"
            f" {MOST:.0e} is allowed, so it was not kept."
        )
    return Converted(artifact, difference, len(inputs), tuple(told["confined"]))


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise ArtifactRefused("This file can't be read.") from error
    if len(data) > MOST_BYTES:
        raise ArtifactRefused(f"This file is larger than {MOST_BYTES >> 20} MiB.")
    for magic, packer in _PACKED.items():
        if data.startswith(magic):
            raise ArtifactRefused(f"This file is compressed ({packer}): unpack it first.")
    return data


def _read(data: bytes) -> tuple[dict[str, Any], dict[str, Floats]]:
    from safetensors.numpy import load

    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out:
        source.write(data)
        source.seek(0)
        _run(source, out)
        out.seek(0)
        line, _, rest = out.read(WRITTEN + 1).partition(b"\n")
    try:
        told = json.loads(line)
        if "refused" in told:
            raise ArtifactRefused(str(told["refused"])[:300])
        return told, load(rest)
    except ArtifactRefused:
        raise
    except Exception as error:  # it ended before it had answered
        raise ArtifactRefused(
            "This file can't be read as a classifier within the limits set for it."
        ) from error


def _run(source: IO[bytes], out: IO[bytes]) -> None:
    """The child has no variables of this process, none of its files, and a process group of its own."""
    child = subprocess.Popen(  # noqa: S603 - this interpreter, a file of this package
        [sys.executable, "-I", "-B", str(_CHILD)],
        stdin=source,
        stdout=out,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        child.wait(WAIT)
    except subprocess.TimeoutExpired:
        raise ArtifactRefused("This file takes too long to read, so it was given up.") from None
    finally:
        if child.poll() is None:  # too slow, or this process is being stopped
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _card(
    name: str, home: Home, layer: int, told: dict[str, Any], arrays: dict[str, Any], unsafe: str
) -> Card:
    depth = sum(key.startswith("weight.") for key in arrays)
    hidden = tuple(int(arrays[f"weight.{number}"].shape[0]) for number in range(depth - 1))
    activation = next(known for known in ACTIVATIONS if known == told["activation"])
    width = int(arrays["weight.0"].shape[1])
    if width != home.width:
        raise ArtifactRefused(
            f"This classifier reads {width} numbers; the states of {home.name} have {home.width}."
        )
    notes = [
        f"Converted from scikit-learn's {told['name']}, made with version {told['version']}.",
        f"The score is the probability of its class {unsafe}.",
        "What it was trained on isn't known here.",
    ]
    if told["name"] == "LinearSVC":
        notes.append("A LinearSVC has no probability: its score is the logistic function of its margin.")
    return Card(
        name=name,
        architecture=Architecture(
            kind="mlp" if hidden else "linear",
            inputs=width,
            hidden=hidden,
            activation=activation if hidden else "identity",
            norm="standard" if "mean" in arrays else "none",
        ),
        layers=(layer,),
        width=width,
        belongs=Belongs(home.name, home.fingerprint, home.layers),
        sha256="0" * 64,
        chat_template=home.chat_template,
        notes=tuple(notes),
    )


def _difference(artifact: Artifact, inputs: Floats, expected: Floats) -> float:
    import torch

    with torch.inference_mode():
        given = torch.from_numpy(inputs.astype(np.float32))[:, None]
        scores = artifact.module()(given).double().numpy()
    return float(np.abs(scores - expected).max())  # NaN is no number below the limit
