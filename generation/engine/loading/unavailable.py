"""Why a model can't be served."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    MISSING = "missing"  # no such directory, no such model on the hub
    GATED = "gated"  # needs an accepted licence, or another token
    UNREACHABLE = "unreachable"  # the hub doesn't answer, and the model isn't here yet
    BROKEN = "broken"  # files are missing, cut short, or don't fit together
    UNSUPPORTED = "unsupported"  # no causal model, or one that needs what SafeLens doesn't have
    TOO_LARGE = "too_large"  # for this machine's memory or disk
    NO_DEVICE = "no_device"  # the device asked for isn't there


class ModelUnavailable(Exception):
    """`str()` is one plain sentence for the person who runs the site. It may name a path of this machine."""

    def __init__(self, kind: Kind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
