"""Probes read hidden states inside the step: torch modules go in, scores come out, states never leave."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from guard.evidence.module import ProbeModule
from guard.evidence.stack import Stack

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Probe:
    """`module` maps [n, layers, width] to n scores in 0–1. Layers are counted as in Hugging Face's
    `hidden_states`: 0 the embeddings, -1 after the last norm."""

    name: str
    module: torch.nn.Module
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Probes that see the same layers. With a stack they are computed together."""

    layers: tuple[int, ...]
    probes: tuple[Probe, ...]
    columns: list[int]
    stack: torch.nn.Module | None


class ProbeBank:
    """All probes of an engine. One that raises or gives no number scores NaN; the others go on.

    Probes of one architecture on the same layers are one call for the whole batch, however many they are.
    """

    def __init__(self, probes: tuple[Probe, ...] = (), device: torch.device | None = None) -> None:
        self.names = tuple(probe.name for probe in probes)
        if len(set(self.names)) != len(self.names):
            raise ValueError("Two probes have the same name.")
        self.layers = frozenset(layer for probe in probes for layer in probe.layers)
        self._groups = _groups(probes)
        self._complained: set[str] = set()
        if device is not None:
            self.to(device)

    def to(self, device: torch.device) -> None:
        for group in self._groups:
            for module in (group.stack, *(probe.module for probe in group.probes)):
                if module is not None:
                    module.to(device)

    def score(
        self, hidden: dict[int, torch.Tensor], wanted: Iterable[str] | None = None
    ) -> torch.Tensor | None:
        """[n, probes], or None where nobody wants one. Those that aren't `wanted` may be left NaN."""
        asked = set(self.names) if wanted is None else set(wanted)
        if not asked or not self._groups:
            return None
        parts: list[torch.Tensor] = []
        columns: list[int] = []
        seen: dict[tuple[int, ...], torch.Tensor] = {}
        for group in self._groups:
            if group.layers not in seen:
                seen[group.layers] = torch.stack([hidden[layer] for layer in group.layers], 1).float()
            states = seen[group.layers]
            if asked.isdisjoint(probe.name for probe in group.probes):
                parts.append(states.new_full((states.shape[0], len(group.probes)), torch.nan))
            else:
                parts.append(self._together(group, states))
            columns += group.columns
        scores = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
        if columns == sorted(columns):
            return scores
        return scores[:, torch.tensor(columns, device=scores.device).argsort()]

    def _together(self, group: _Group, states: torch.Tensor) -> torch.Tensor:
        if group.stack is not None:
            try:
                scores: torch.Tensor = group.stack(states)
                return scores.reshape(states.shape[0], len(group.probes))
            except Exception as error:
                self._complain(" and ".join(probe.name for probe in group.probes), error)
        return torch.stack([self._one(probe, states) for probe in group.probes], 1)

    def _one(self, probe: Probe, states: torch.Tensor) -> torch.Tensor:
        try:
            score: torch.Tensor = probe.module(states)
            return score.reshape(states.shape[0]).float()
        except Exception as error:
            self._complain(probe.name, error)
            return torch.full((states.shape[0],), torch.nan, device=states.device)

    def _complain(self, who: str, error: Exception) -> None:
        """Once: a broken probe fails at every step, and the runs that it judges say so themselves."""
        if who not in self._complained:
            self._complained.add(who)
            log.error("Probe %s failed", who, exc_info=error)


def _groups(probes: tuple[Probe, ...]) -> list[_Group]:
    alike: dict[object, list[int]] = {}
    for column, probe in enumerate(probes):
        module = probe.module
        key: object = column
        if isinstance(module, ProbeModule):
            key = (probe.layers, module.architecture)
        alike.setdefault(key, []).append(column)
    groups = []
    for columns in alike.values():
        members = tuple(probes[column] for column in columns)
        modules = [probe.module for probe in members if isinstance(probe.module, ProbeModule)]
        groups.append(_Group(members[0].layers, members, columns, Stack(modules) if modules else None))
    return groups
