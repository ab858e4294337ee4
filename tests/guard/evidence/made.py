"""Artifacts with seeded weights, for the tests of whatever loads or runs them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from guard.evidence.architecture import Activation, Architecture, Norm
from guard.evidence.artifact import Artifact, Home, make
from guard.evidence.card import Belongs, Calibration, Card

WIDTH = 16
HOME = Home("tiny", "f" * 32, WIDTH, 4, "a" * 64)


def architecture(
    hidden: tuple[int, ...] = (),
    activation: Activation = "identity",
    norm: Norm = "none",
    layers: int = 1,
    width: int = WIDTH,
) -> Architecture:
    return Architecture("mlp" if hidden else "linear", width * layers, hidden, activation, norm)


def artifact(
    name: str = "made",
    network: Architecture | None = None,
    layers: tuple[int, ...] = (2,),
    seed: int = 0,
    home: Home = HOME,
    calibration: Calibration | None = None,
) -> Artifact:
    network = network or architecture(layers=len(layers), width=home.width)
    rng = np.random.default_rng(seed)
    arrays = {key: rng.normal(0, 0.3, shape) for key, shape in network.shapes().items()}
    if "scale" in arrays:
        arrays["scale"] = np.abs(arrays["scale"]) + 0.5
    card = Card(
        name=name,
        architecture=network,
        layers=layers,
        width=home.width,
        belongs=Belongs(home.name, home.fingerprint, home.layers),
        sha256="0" * 64,
        chat_template=home.chat_template,
    )
    return make(replace(card, calibration=calibration or Calibration()), arrays)
