"""Probes read hidden states inside the step: torch modules go in, scores come out, states never leave."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import torch

from generation.engine.aside import Aside
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


States = dict[int, torch.Tensor]  # by layer


class ProbeBank:
    """All probes of an engine. One that raises, hangs or gives no number scores NaN; the others go on.

    One that hangs is waited for once, and asked again when it has come back. On a GPU that is seen up to
    where it was told what to do: a kernel that hangs there holds up the model's own passes as well.

    Probes of one architecture on the same layers are one call for the whole batch, however many they are.
    """

    def __init__(self, probes: tuple[Probe, ...] = (), device: torch.device | None = None) -> None:
        self.names = tuple(probe.name for probe in probes)
        if len(set(self.names)) != len(self.names):
            raise ValueError("Two probes have the same name.")
        self.layers = frozenset(layer for probe in probes for layer in probe.layers)
        self._groups = _groups(probes)
        self._complained: set[str] = set()
        self._aside: Aside | None = None
        self._hung: dict[int, Aside] = {}  # by group: where it hangs
        if device is not None:
            self.to(device)

    def to(self, device: torch.device) -> None:
        for group in self._groups:
            for module in (group.stack, *(probe.module for probe in group.probes)):
                if module is not None:
                    module.to(device)

    def score(self, hidden: States, wanted: Iterable[str] | None = None) -> torch.Tensor | None:
        """[n, probes], or None where nobody wants one. Those that aren't `wanted` may be left NaN."""
        asked = set(self.names) if wanted is None else set(wanted)
        if not asked or not self._groups:
            return None
        parts = self._parts(hidden, asked)
        scores = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
        columns = [column for group in self._groups for column in group.columns]
        if columns == sorted(columns):
            return scores
        return scores[:, torch.tensor(columns, device=scores.device).argsort()]

    def _parts(self, hidden: States, asked: set[str]) -> list[torch.Tensor]:
        """Of each group [n, its probes]: in a thread of their own, which may hang."""
        self._hung = {place: aside for place, aside in self._hung.items() if aside.is_busy}
        parts: list[torch.Tensor] = []
        while len(parts) < len(self._groups):
            if self._aside is None:
                self._aside = Aside()
            if self._aside.do(partial(self._compute, hidden, asked, parts)):
                break
            late, self._aside = self._aside, None
            parts = list(parts)  # that thread may still write into its own
            place = len(parts)
            if place == len(self._groups):
                break
            group = self._groups[place]
            self._hung[place] = late
            log.error("Probe %s doesn't answer", " and ".join(probe.name for probe in group.probes))
            parts.append(_nothing(group, hidden))
        return parts

    def _compute(self, hidden: States, asked: set[str], parts: list[torch.Tensor]) -> None:
        """Adds what is missing."""
        seen: dict[tuple[int, ...], torch.Tensor] = {}
        for place in range(len(parts), len(self._groups)):
            group = self._groups[place]
            if place in self._hung or asked.isdisjoint(probe.name for probe in group.probes):
                parts.append(_nothing(group, hidden))
                continue
            if group.layers not in seen:
                seen[group.layers] = _side_by_side([hidden[layer] for layer in group.layers])
            parts.append(self._together(group, seen[group.layers]))

    def _together(self, group: _Group, states: torch.Tensor) -> torch.Tensor:
        if group.stack is not None:
            try:
                scores: torch.Tensor = group.stack(states)
                shape = states.shape[0], len(group.probes)
                return scores if scores.shape == shape else scores.reshape(shape)
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


def _nothing(group: _Group, hidden: States) -> torch.Tensor:
    states = hidden[group.layers[0]]
    return states.new_full((states.shape[0], len(group.probes)), torch.nan, dtype=torch.float32)


def _side_by_side(states: list[torch.Tensor]) -> torch.Tensor:
    """[n, layers, width] in single precision; nothing is copied that stands so already."""
    joined = states[0][:, None] if len(states) == 1 else torch.stack(states, 1)
    return joined if joined.dtype == torch.float32 else joined.float()


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
