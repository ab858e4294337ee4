"""Noise that is a pure function of (seed, position, token id).

No generator state: a branch, a resumed run and a run in another batch draw the same noise for the same place.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
F64 = npt.NDArray[np.float64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def mix(x: U64) -> U64:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): every input bit reaches every output bit."""
    x = (x ^ (x >> _30)) * _MIX1
    x = (x ^ (x >> _27)) * _MIX2
    return x ^ (x >> _31)


def keys_of(seeds: U64) -> U64:
    """What `gumbel` takes for seeds: the part of the work that needs doing once a run."""
    return mix(seeds + _STEP)


def gumbel(keys: U64, positions: U64, ids: U64) -> F64:
    """Standard Gumbel noise [rows, candidates] for keys and positions [rows], ids [rows, candidates]."""
    place = mix(keys + positions * _STEP)
    bits = mix(place[:, None] + (ids + np.uint64(1)) * _STEP)
    uniform = ((bits >> _11).astype(np.float64) + 0.5) * 2.0**-53  # in the open interval (0, 1)
    return -np.log(-np.log(uniform))
