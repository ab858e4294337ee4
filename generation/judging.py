"""Scores of texts that are already written: through the engine, so that they are those of a live run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from generation.engine import Engine, Request
from generation.text.conversation import Encoded

AT_ONCE = 64


def scores(
    engine: Engine, probes: Sequence[str], texts: Iterable[Encoded]
) -> Iterator[dict[str, list[float]]]:
    """For each text, in order: by probe, one score before each token of the answer and one after the last.

    The answer is forced, so nothing is sampled. Raises Rejected for a text that the model can't take.
    """
    waiting = iter(texts)
    while batch := list(islice(waiting, AT_ONCE)):
        found: list[dict[str, list[float]]] = [{probe: [] for probe in probes} for _ in batch]
        for number, text in enumerate(batch):
            engine.submit(
                Request(
                    id=str(number),
                    context=text.context_ids,
                    forced=text.forced_ids,
                    max_new=0,
                    k=1,
                    probes=tuple(probes),
                )
            )
        while engine.pause is not None:
            for step in engine.steps():
                for probe, score in step.scores.items():
                    found[int(step.id)][probe].append(score)
        yield from found
