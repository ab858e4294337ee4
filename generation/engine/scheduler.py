"""Who goes through the model next: all that decode, and a budget of prompt tokens beside them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter

from generation.engine.sequence import Sequence

_by_arrival = attrgetter("arrival")


@dataclass(slots=True)
class Scheduler:
    """Fair by owner, then by arrival; knows no model.

    An owner with fewer runs in the batch goes first, and takes a place from one with at least two more:
    fifty runs of one owner never hold up another's first. A run that is put back keeps its place in line.
    """

    max_runs: int
    prefill_budget: int  # prompt tokens a step, so that a long prompt stalls nobody by much more than a step
    max_tokens: int  # of all running runs together
    separate_prefill: bool = False  # deterministic mode: one prompt's chunk at a time, on its own
    waiting: list[Sequence] = field(default_factory=list)
    running: list[Sequence] = field(default_factory=list)
    _decodes_next: bool = False

    def add(self, sequence: Sequence) -> None:
        self.waiting.append(sequence)

    def next_in(self) -> Sequence | None:
        """Moves the next waiting run into the batch, if it fits."""
        candidate = self._candidate()
        if candidate is None or not self._fits(candidate):
            return None
        self.waiting.remove(candidate)
        self.running.append(candidate)
        return candidate

    def next_out(self) -> Sequence | None:
        """The run that must leave the batch for now: the tokens have outgrown the room, or somebody
        with fewer runs is waiting. The caller puts it back with `put_back`."""
        if len(self.running) > 1 and self._used() > self.max_tokens:
            return max(self.running, key=_by_arrival)
        candidate = self._candidate()
        if candidate is None or self._fits(candidate):
            return None
        counts = self._counts()
        owner, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
        if most < counts[candidate.request.owner] + 2:
            return None
        return max((s for s in self.running if s.request.owner == owner), key=_by_arrival)

    def put_back(self, sequence: Sequence) -> None:
        self.running.remove(sequence)
        self.waiting.append(sequence)

    def remove(self, sequence: Sequence) -> None:
        (self.running if sequence in self.running else self.waiting).remove(sequence)

    def plan(self, now: float) -> list[tuple[Sequence, int]]:
        """Each run's next tokens: decodes first, then prompt chunks."""
        decoding: list[tuple[Sequence, int]] = []
        reading: list[Sequence] = []
        for sequence in self.running:
            if sequence.paused_until > now:
                continue
            if sequence.ready == 1:
                decoding.append((sequence, 1))
            else:
                reading.append(sequence)
        if self.separate_prefill:
            return self._plan_apart(decoding, reading)
        return decoding + self._shares(reading) if reading else decoding

    def _plan_apart(
        self, decoding: list[tuple[Sequence, int]], reading: list[Sequence]
    ) -> list[tuple[Sequence, int]]:
        """Chunks are cut at fixed places, so that they are the same whoever else is there."""
        if not reading or (self._decodes_next and decoding):
            self._decodes_next = False
            return decoding
        self._decodes_next = True
        sequence = min(reading, key=_by_arrival)
        chunk = self.prefill_budget - sequence.computed % self.prefill_budget
        return [(sequence, min(chunk, sequence.ready))]

    def _shares(self, reading: list[Sequence]) -> list[tuple[Sequence, int]]:
        """Splits the budget: equal shares for the owners, what one doesn't need goes to the others."""
        queues: dict[str, list[Sequence]] = {}
        for sequence in sorted(reading, key=_by_arrival):
            queues.setdefault(sequence.request.owner, []).append(sequence)
        needs = sorted(queues.values(), key=lambda queue: sum(s.ready for s in queue))
        left, shares = self.prefill_budget, []
        for place, queue in enumerate(needs):
            share = left // (len(needs) - place)
            for sequence in queue:
                count = min(sequence.ready, share)
                if count == 0:
                    break
                shares.append((sequence, count))
                share -= count
                left -= count
        return shares

    def _candidate(self) -> Sequence | None:
        if not self.waiting:
            return None
        counts = self._counts()
        return min(self.waiting, key=lambda s: (counts[s.request.owner], s.arrival))

    def _counts(self) -> Counter[str]:
        return Counter(sequence.request.owner for sequence in self.running)

    def _used(self) -> int:
        return sum(len(sequence.tokens) for sequence in self.running)

    def _fits(self, sequence: Sequence) -> bool:
        if not self.running:
            return True
        return len(self.running) < self.max_runs and self._used() + len(sequence.tokens) < self.max_tokens
