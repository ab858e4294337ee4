"""Intervals of figures for which there is no formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def resampled(
    items: Sequence[object], figure: Callable[[Sequence[int]], float], seed: int = 1, times: int = 200
) -> tuple[float, float]:
    """The 95 % interval of a figure over whole answers drawn again; `figure` is given their places."""
    rng = np.random.default_rng(seed)
    values = [figure(rng.integers(len(items), size=len(items)).tolist()) for _ in range(times)]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
