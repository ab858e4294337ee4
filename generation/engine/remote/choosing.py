"""From one told position to a step: the same draw as in every engine, over the best that the server told."""

from __future__ import annotations

import numpy as np

from generation.engine.readout import Readout
from generation.engine.remote.told import Line, entropy_bound
from generation.engine.sampler import (
    Settings,
    banned_choice,
    distribution,
    gumbel_choice,
    predecessor_choice,
    predecessor_distribution,
)
from generation.engine.sequence import Sequence
from generation.engine.step import Origin, Step


def step_of(sequence: Sequence, line: Line, scores: dict[str, float], vocabulary: int) -> Step:
    """The next step of a run. A token that is to be sampled is, and joins the run's text."""
    request, position = sequence.request, sequence.stepped
    k = request.k
    settings = Settings([request])
    p, scaled = distribution(line.logprobs[None, :k], settings)
    top_p = p[0].astype(np.float32)
    if request.predecessor_draw:
        top_p = predecessor_distribution(line.logprobs, request)
    if position < len(sequence.tokens):
        token = sequence.tokens[position]
        origin = sequence.origins[position - sequence.base]
        rank, logprob = line.rank, line.chosen
        chance = float(top_p[rank]) if rank < len(top_p) else 0.0
    else:
        origin = Origin.SAMPLED
        if sequence.ban is not None:
            rank, chance, top_p = banned_choice(_readout(line), 0, request, sequence.ban, position)
        elif request.predecessor_draw:
            rank = predecessor_choice(top_p, sequence.draw())
            chance = float(top_p[rank])
        else:
            rank = int(gumbel_choice(scaled, line.ids[None, :k], settings, [position])[0])
            chance = float(p[0, rank])
        token, logprob = int(line.ids[rank]), float(line.logprobs[rank])
        sequence.take(token)
    return Step(
        id=request.id,
        position=position,
        token=token,
        origin=origin,
        logprob=logprob,
        p=chance,
        rank=rank,
        entropy=entropy_bound(line.logprobs, vocabulary),
        top_ids=line.ids[:k].astype(np.int32),
        top_logprobs=line.logprobs[:k],
        top_p=top_p,
        scores=scores,
        reused=sequence.reused if position == len(request.context) else 0,
    )


def _readout(line: Line) -> Readout:
    """As if read from logits: log-probabilities are logits whose log-sum-exp is 0."""
    none = np.zeros(1, np.float32)
    return Readout(
        top_ids=line.ids[None],
        top_logits=line.logprobs[None],
        lse=none,
        entropy=none,
        forced_logit=none,
        forced_rank=none.astype(np.int64),
        scores=none[:, None],
    )
