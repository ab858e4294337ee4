"""A probe that hangs, and whoever waits for it losing patience at once: no test depends on how long."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from generation.engine import aside, probes
from tests import patience

PATIENT = 1_000_000  # slices: whatever doesn't hang is waited for, however busy the machine is


class Hanging(torch.nn.Module):
    """Scores `calm`; the pass after so many doesn't come back before it is `let_go`."""

    def __init__(self, passes: int, calm: float = 0.05) -> None:
        super().__init__()
        self.left, self.calm = passes, calm
        self.asked = 0
        self.gone = threading.Event()

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        self.asked += 1
        self.left -= 1
        if self.left < 0 and not self.gone.is_set():
            vars(aside)["SLICES"] = 1
            assert self.gone.wait(patience.SECONDS)
        return torch.full((states.shape[0],), self.calm)

    def let_go(self) -> None:
        self.gone.set()


@contextmanager
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was said of probes that don't answer."""
    said: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())
            vars(aside)["SLICES"] = PATIENT

    handler = Heard()
    monkeypatch.setattr(aside, "SLICE", 0.01)
    monkeypatch.setattr(aside, "SLICES", PATIENT)
    probes.log.addHandler(handler)
    try:
        yield said
    finally:
        probes.log.removeHandler(handler)
