"""Samples through the engine that serves: what is measured is what people get, and faster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from generation.engine import End, Request
from generation.sandbox.encode import Ids
from generation.sandbox.sampling import Sample, Sampler
from generation.served import Options, serve

AT_ONCE = 64


class ServedSampler(Sampler):
    """Guarantee: the same seed, prompts and machine give the same samples."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        served = serve(Options(str(directory), max_runs=AT_ONCE))
        self._engine, self._ends = served.engine, served.ends

    def sample(
        self, prompts: Sequence[Ids], temperature: float, seed: int, most: int = 240, rows: int = AT_ONCE
    ) -> list[Sample]:
        """As its parent's, but of the distributions that a run has by default, and with `rows` as a bound of
        memory alone: whoever is finished gives place at once."""
        ids: list[Ids] = [[] for _ in prompts]
        entropy, ended = [0.0] * len(prompts), [False] * len(prompts)
        for first in range(0, len(prompts), 16 * rows):
            for number, prompt in enumerate(prompts[first : first + 16 * rows], first):
                self._engine.submit(
                    Request(
                        id=str(number),
                        context=tuple(prompt),
                        max_new=most,
                        temperature=temperature,
                        seed=seed * 1_000_003 + number,
                        stop=self._ends,
                    )
                )
            while self._engine.pause is not None:
                for step in self._engine.steps():
                    number = int(step.id)
                    if step.end is not None:
                        ended[number] = step.end is End.STOP_TOKEN
                    else:
                        entropy[number] += step.entropy
                        if step.token not in self._ends:
                            ids[number].append(step.token)
        return [
            Sample(said, self.decode(said), over, bits)
            for said, over, bits in zip(ids, ended, entropy, strict=True)
        ]
