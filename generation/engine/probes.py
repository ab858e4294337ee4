"""Probes read hidden states inside the step: torch modules go in, scores come out, states never leave."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import torch

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Probe:
    """`module` maps [n, layers, width] to n scores in 0–1. Layers are counted as in Hugging Face's
    `hidden_states`: 0 the embeddings, -1 after the last norm."""

    name: str
    module: torch.nn.Module
    layers: tuple[int, ...]


class ProbeBank:
    """All probes of an engine. One that raises or gives no number scores NaN; the others go on."""

    def __init__(self, probes: tuple[Probe, ...] = ()) -> None:
        self._probes = probes
        self.names = tuple(probe.name for probe in probes)
        if len(set(self.names)) != len(self.names):
            raise ValueError("Two probes have the same name.")
        self.layers = frozenset(layer for probe in probes for layer in probe.layers)

    def score(self, hidden: dict[int, torch.Tensor]) -> torch.Tensor | None:
        """[n, probes], or None without probes."""
        if not self._probes:
            return None
        columns = [self._one(probe, hidden) for probe in self._probes]
        return torch.stack(columns, 1)

    @staticmethod
    def _one(probe: Probe, hidden: dict[int, torch.Tensor]) -> torch.Tensor:
        states = torch.stack([hidden[layer] for layer in probe.layers], 1)
        try:
            score: torch.Tensor = probe.module(states)
            return score.reshape(states.shape[0]).float()
        except Exception:
            log.exception("Probe %s failed", probe.name)
            return torch.full((states.shape[0],), torch.nan, device=states.device)
