"""What may be added to a layer's output to lead a model elsewhere: an artifact's own direction, or away from
what a probe looks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from guard.evidence.architecture import Architecture
from guard.evidence.refused import ArtifactRefused

if TYPE_CHECKING:
    from guard.evidence.artifact import Artifact, Home

MOST_BYTES = 16 << 20  # of a file that is imported
NAME = "direction"  # of the tensor


def along(artifact: Artifact) -> npt.NDArray[np.float32]:
    """[width]. Added once, a linear probe's own lowers its logit by 1; an MLP's does so as far as it is
    linear: each of its units counts as answering in full. Raises ArtifactRefused with one sentence."""
    card = artifact.card
    if card.kind == "direction":
        return np.asarray(artifact.arrays[NAME], np.float32)
    if len(card.layers) != 1:
        raise ArtifactRefused(
            f"The guard {card.name} reads several layers, so it gives no direction to steer by."
        )
    slope = np.asarray(artifact.arrays["weight.0"], np.float64)
    for number in range(1, len(card.architecture.sizes) - 1):
        slope = np.asarray(artifact.arrays[f"weight.{number}"], np.float64) @ slope
    slope = card.calibration.scale * slope[0]
    if card.architecture.norm == "standard":
        slope = slope / np.asarray(artifact.arrays["scale"], np.float64)
    size = float(slope @ slope)
    if not size > 0:
        raise ArtifactRefused(
            f"The guard {card.name} looks for nothing, so it gives no direction to steer by."
        )
    return np.asarray(-slope / size, np.float32)


def imported(file: Path, name: str, home: Home, layer: int) -> Artifact:
    """Of a safetensors file that holds one vector. Raises ArtifactRefused with one sentence."""
    from safetensors.numpy import load

    from guard.evidence.artifact import make
    from guard.evidence.card import Belongs, Card

    try:
        with file.open("rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise ArtifactRefused("This file can't be read.") from error
    if len(data) > MOST_BYTES:
        raise ArtifactRefused(f"This file is larger than {MOST_BYTES >> 20} MiB.")
    try:
        tensors = load(data)
    except Exception as error:  # the library has errors of its own for each way of being damaged
        raise ArtifactRefused("This is no safetensors file with numbers in float32 or float16.") from error
    vectors = [tensor.reshape(-1) for tensor in tensors.values()]
    if len(vectors) != 1 or vectors[0].dtype.kind != "f":
        raise ArtifactRefused("This file doesn't hold one vector, and nothing else.")
    if len(vectors[0]) != home.width:
        raise ArtifactRefused(
            f"This vector has {len(vectors[0])} numbers; the states of {home.name} have {home.width}."
        )
    card = Card(
        name=name,
        kind="direction",
        architecture=Architecture("direction", home.width),
        layers=(layer,),
        width=home.width,
        belongs=Belongs(home.name, home.fingerprint, home.layers),
        sha256="0" * 64,
        chat_template=home.chat_template,
        notes=("Imported from a file; how it was found isn't known here.",),
    )
    return make(card, {NAME: vectors[0]})
