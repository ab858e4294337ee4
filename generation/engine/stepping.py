"""From a pass's lines to steps: one line a wanted position, forced or to be sampled."""

from __future__ import annotations

import numpy as np

from generation.engine.forward import Heads, Span
from generation.engine.probes import ProbeBank
from generation.engine.readout import read
from generation.engine.sampler import (
    distribution,
    gumbel_choice,
    predecessor_choice,
    predecessor_distribution,
)
from generation.engine.sequence import Sequence
from generation.engine.step import Origin, Step


class Lines:
    """Everything about all lines at once: one read-out, one distribution, one draw for the batch."""

    def __init__(self, wanted: list[tuple[Sequence, Span]], heads: Heads, probes: ProbeBank) -> None:
        self.of_runs: list[tuple[Sequence, int, int]] = []  # run, its first line, how many
        forced: list[int] = []
        requests, positions = [], []
        for sequence, span in wanted:
            self.of_runs.append((sequence, len(forced), span.wanted))
            end = span.start + len(span.tokens) + 1
            for position in range(end - span.wanted, end):
                decided = position < len(sequence.tokens)
                forced.append(sequence.tokens[position] if decided else -1)
                requests.append(sequence.request)
                positions.append(position)
        widest = max(request.k for request in requests)
        out = read(heads.logits, widest, forced, probes.score(heads.hidden))
        self.read = out
        self.probes = probes.names
        self.broken: list[bool] = out.broken().tolist()
        self.positions = positions
        self.p = distribution(out.top_logits, requests)
        self.logprobs = out.top_logits - out.lse[:, None]
        self.drawn = gumbel_choice(self.p, out.top_ids, requests, positions)
        self.p32 = self.p.astype(np.float32)
        self.ids32 = out.top_ids.astype(np.int32)

    def scores(self, line: int, sequence: Sequence) -> dict[str, float]:
        wanted = sequence.request.probes
        if not wanted:
            return {}
        values = dict(zip(self.probes, self.read.scores[line].tolist(), strict=True))
        return {name: values[name] for name in wanted}


def step_of(sequence: Sequence, lines: Lines, line: int) -> Step:
    """The next step of a run. A token that is to be sampled is, and joins the run's text."""
    request, position = sequence.request, sequence.stepped
    out, k = lines.read, request.k
    top_p = lines.p32[line, :k]
    if request.predecessor_draw:
        top_p = predecessor_distribution(out.top_logits[line], request)
    if position == len(sequence.tokens):
        origin = Origin.SAMPLED
        column = predecessor_choice(top_p, sequence.draw()) if request.predecessor_draw else lines.drawn[line]
        token, rank = int(out.top_ids[line, column]), column
        logprob, p = float(lines.logprobs[line, column]), float(top_p[column])
        sequence.take(token)
    else:
        token = sequence.tokens[position]
        origin = sequence.origins[position - len(request.context)]
        rank = int(out.forced_rank[line])
        logprob = float(out.forced_logit[line] - out.lse[line])
        found = np.flatnonzero(lines.ids32[line, :k] == token)
        p = float(top_p[found[0]]) if len(found) else 0.0
    return Step(
        id=request.id,
        position=position,
        token=token,
        origin=origin,
        logprob=logprob,
        p=p,
        rank=rank,
        entropy=float(out.entropy[line]),
        top_ids=lines.ids32[line, :k],
        top_logprobs=lines.logprobs[line, :k],
        top_p=top_p,
        scores=lines.scores(line, sequence),
        reused=sequence.reused if position == len(request.context) else 0,
    )
