"""Inputs on which a converted guard is compared with what it was converted from: random ones and edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST = 1e-4  # the largest difference in probability
MOST_NUMBERS = 1 << 22  # of all inputs together

Floats = npt.NDArray[np.float64]


def inputs_for(arrays: dict[str, Floats]) -> Floats:
    """Rounded to float32, which is what the model's states are at most. The same for the same weights.

    Half of the random ones lie in the direction of the first layer's weights, at distances that bring the
    score near the middle, where a difference shows most.
    """
    width = arrays["weight.0"].shape[1]
    rng = np.random.default_rng(width)
    mean, scale = arrays.get("mean", np.zeros(width)), arrays.get("scale", np.ones(width))
    count = max(16, min(256, MOST_NUMBERS // width - 32))
    plain = rng.normal(size=(count, width)) * rng.choice([0.1, 1.0, 5.0], (count, 1))
    weights = arrays["weight.0"]
    direction = weights[rng.integers(len(weights), size=count // 2)]
    length = np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-12)
    plain[: count // 2] += direction / length**2 * rng.normal(0, 3, (count // 2, 1))
    signs = np.where(np.arange(width) % 2, 1.0, -1.0)
    one = np.eye(1, width)[0]
    edges = [
        np.zeros(width), np.ones(width), -np.ones(width), signs, one, -one, 100 * one, 100 * signs,
        np.full(width, 100.0), np.full(width, -100.0), np.full(width, 1e-20), np.full(width, -1e-38),
    ]  # fmt: skip
    inputs = mean + scale * np.vstack([plain, np.stack(edges)])
    raw = np.stack([np.zeros(width), np.ones(width), -np.ones(width), 1000 * signs])  # as no scaler expects
    return np.vstack([inputs, raw]).astype(np.float32).astype(np.float64)
