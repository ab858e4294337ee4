"""A guard on disk: a directory with `card.json` and `probe.safetensors`. Nothing in it is ever executed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from guard.evidence import card as cards
from guard.evidence.card import Card
from guard.evidence.refused import ArtifactRefused

if TYPE_CHECKING:
    from guard.evidence.module import ProbeModule

CARD = "card.json"
WEIGHTS = "probe.safetensors"
_MOST_HEADER = 1 << 20  # bytes of a weights' file beyond the numbers themselves

Arrays = dict[str, npt.NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Home:
    """The running model, as far as a guard must fit it."""

    name: str
    fingerprint: str
    width: int
    layers: int
    chat_template: str | None  # sha256 of its text, None without one


@dataclass(frozen=True, slots=True)
class Artifact:
    """`sha256` names the whole of it: the card's bytes, which hold the weights' own hash."""

    card: Card
    arrays: Arrays
    sha256: str

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def layers(self) -> tuple[int, ...]:
        return self.card.layers

    def module(self) -> ProbeModule:
        """As a torch module, on the processor: [n, layers, width] → n scores. Raises ArtifactRefused."""
        from guard.evidence.module import ProbeModule

        if self.card.kind != "probe":
            raise ArtifactRefused(f"{self.card.name} is a direction to steer by: it judges nothing.")
        return ProbeModule(self)


def load(directory: Path, home: Home) -> Artifact:
    """An artifact that fits this model. Raises ArtifactRefused with one sentence for one that doesn't."""
    artifact = read(directory)
    fits(artifact.card, home)
    return artifact


def fits(card: Card, home: Home) -> None:
    """Raises ArtifactRefused where the guard was made for another model than this one."""
    if card.width != home.width or card.belongs.layers != home.layers:
        raise ArtifactRefused(
            f"The guard {card.name} reads {card.width} numbers of a model with {card.belongs.layers} layers;"
            f" this model has {home.width} and {home.layers}."
        )
    if card.belongs.fingerprint != home.fingerprint:
        raise ArtifactRefused(
            f"The guard {card.name} was made for other weights: those of {card.belongs.name}."
        )
    if card.chat_template is not None and card.chat_template != home.chat_template:
        raise ArtifactRefused(f"The guard {card.name} was made with another chat template.")


def read(directory: Path) -> Artifact:
    """The artifact alone, whatever it was made for. The bytes that are hashed are those that are used."""
    data = _bytes(directory / CARD, cards.MOST_BYTES, "card")
    card = cards.decode(data)
    numbers = 4 * card.architecture.numbers
    weights = _bytes(directory / WEIGHTS, numbers + _MOST_HEADER, "weights' file")
    if hashlib.sha256(weights).hexdigest() != card.sha256:
        raise ArtifactRefused(f"The weights of the guard {card.name} aren't those of its card.")
    return Artifact(card, _arrays(weights, card), hashlib.sha256(data).hexdigest())


def _bytes(path: Path, most: int, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise ArtifactRefused(f"The {what} of this guard can't be read.") from error
    if len(data) > most:
        raise ArtifactRefused(f"The {what} of this guard is too large.")
    return data


def _arrays(weights: bytes, card: Card) -> Arrays:
    from safetensors.numpy import load as load_tensors

    try:
        arrays = load_tensors(weights)
    except Exception as error:  # the library has errors of its own for each way of being damaged
        raise ArtifactRefused(f"The weights of the guard {card.name} are no safetensors file.") from error
    check(arrays, card)
    return arrays


def check(arrays: Arrays, card: Card) -> None:
    """Raises ArtifactRefused unless these are exactly the tensors that the card describes, all finite."""
    shapes = card.architecture.shapes()
    if {name: array.shape for name, array in arrays.items()} != shapes:
        raise ArtifactRefused(f"The weights of the guard {card.name} don't fit its architecture.")
    if any(array.dtype != np.dtype(card.dtype) for array in arrays.values()):
        raise ArtifactRefused(f"The weights of the guard {card.name} aren't of the type its card says.")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ArtifactRefused(f"The weights of the guard {card.name} hold what is no finite number.")
    if "direction" in arrays and not arrays["direction"].any():
        raise ArtifactRefused(f"The direction {card.name} leads nowhere.")
    if "scale" in arrays and not (np.abs(arrays["scale"]) > 0).all():
        raise ArtifactRefused(f"The guard {card.name} divides by zero.")


def make(card: Card, given: Mapping[str, npt.ArrayLike]) -> Artifact:
    """An artifact in memory. `card.sha256` is filled in here: any 64 digits will do before."""
    arrays: Arrays = {name: np.array(array, dtype=card.dtype, order="C") for name, array in given.items()}
    card = replace(card, sha256=hashlib.sha256(_file(arrays)).hexdigest())
    check(arrays, card)
    return Artifact(card, arrays, hashlib.sha256(card.encode()).hexdigest())


def write(artifact: Artifact, directory: Path, more: dict[str, str] | None = None) -> None:
    """The directory appears only when it is whole; an older one is replaced. `more`: texts by file name."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        partial.chmod(0o755)
        (partial / CARD).write_bytes(artifact.card.encode())
        (partial / WEIGHTS).write_bytes(_file(artifact.arrays))
        for name, text in (more or {}).items():
            (partial / name).write_text(text, encoding="utf-8")
        _replace(partial, directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(partial: Path, directory: Path) -> None:
    if not directory.exists():
        os.replace(partial, directory)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{directory.name}.old.", dir=directory.parent))
    try:
        os.replace(directory, old / "was")
        os.replace(partial, directory)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _file(arrays: Arrays) -> bytes:
    from safetensors.numpy import save

    return save(arrays)
