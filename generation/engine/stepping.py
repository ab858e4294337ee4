"""From a pass's lines to steps: one line a wanted position, forced or to be sampled."""

from __future__ import annotations

import time
from math import nan

import numpy as np

from generation.engine.forward import Heads, Span
from generation.engine.probes import ProbeBank
from generation.engine.readout import read
from generation.engine.request import Request
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


class Lines:
    """Everything about all lines at once: one read-out, one distribution, one draw for the batch.

    `settings` are those of the pass before, used again if the lines are the same runs'.
    """

    def __init__(
        self,
        wanted: list[tuple[Sequence, Span]],
        heads: Heads,
        probes: ProbeBank,
        settings: Settings | None = None,
    ) -> None:
        self.of_runs: list[tuple[Sequence, int, int]] = []  # run, its first line, how many
        forced: list[int] = []
        requests: list[Request] = []
        positions: list[int] = []
        for sequence, span in wanted:
            self.of_runs.append((sequence, len(forced), span.wanted))
            end = span.start + len(span.tokens) + 1
            for position in range(end - span.wanted, end):
                decided = position < len(sequence.tokens)
                forced.append(sequence.tokens[position] if decided else -1)
                requests.append(sequence.request)
                positions.append(position)
        if settings is None or not settings.fit(requests):
            settings = Settings(requests)
        self.settings = settings
        asked = {name for request in requests for name in request.probes}
        # A banned token is one of the best: as many more are read.
        bans = [sequence.ban for sequence, _ in wanted if sequence.ban is not None]
        width = settings.widest + max((len(ban.tokens) for ban in bans), default=0)
        began = time.perf_counter()
        scores = probes.score(heads.hidden, asked)
        self.probing = time.perf_counter() - began  # on a GPU: until it was told what to do
        self.read = read(heads.logits, width, forced, scores)
        self.probes = probes.names
        self.broken: list[bool] = self.read.broken().tolist()
        # A broken line's numbers are nonsense, and nobody's: its run ends.
        with np.errstate(all="ignore"):
            p, scaled = distribution(self.read.top_logits[:, : settings.widest], settings)
        drawn = gumbel_choice(scaled, self.read.top_ids[:, : settings.widest], settings, positions)
        self.chances = p
        # Plain lists, of lines or of numbers: the steps take one of each.
        self.logprobs = list(self.read.top_logits - self.read.lse[:, None])
        self.p = list(p.astype(np.float32))
        self.ids = list(self.read.top_ids.astype(np.int32))
        self.column: list[int] = drawn.tolist()
        self.entropy: list[float] = self.read.entropy.tolist()
        self.scored: list[dict[str, float]] = []
        if asked:
            self.scored = [dict(zip(self.probes, row, strict=True)) for row in self.read.scores.tolist()]

    def scores(self, line: int, request: Request) -> dict[str, float]:
        if not request.probes:
            return {}
        values = self.scored[line]
        # One that is gone gives no number: who reads it decides what that means.
        return {name: values.get(name, nan) for name in request.probes}


def step_of(sequence: Sequence, lines: Lines, line: int) -> Step:
    """The next step of a run. A token that is to be sampled is, and joins the run's text."""
    request, position = sequence.request, sequence.stepped
    k = request.k
    ids, logprobs, top_p = lines.ids[line], lines.logprobs[line], lines.p[line]
    if len(ids) > k:
        ids, logprobs, top_p = ids[:k], logprobs[:k], top_p[:k]
    if request.predecessor_draw:
        top_p = predecessor_distribution(lines.read.top_logits[line], request)
    if position < len(sequence.tokens):
        token = sequence.tokens[position]
        origin = sequence.origins[position - sequence.base]
        rank = int(lines.read.forced_rank[line])
        logprob = float(lines.read.forced_logit[line] - lines.read.lse[line])
        found = np.flatnonzero(ids == token)
        p = float(top_p[found[0]]) if len(found) else 0.0
    else:
        origin = Origin.SAMPLED
        if sequence.ban is not None:
            rank, p, top_p = banned_choice(lines.read, line, request, sequence.ban, position)
            token, logprob = lines.ids[line].item(rank), lines.logprobs[line].item(rank)
        elif request.predecessor_draw:
            rank = predecessor_choice(top_p, sequence.draw())
            token, logprob, p = ids.item(rank), logprobs.item(rank), float(top_p[rank])
        else:
            rank = lines.column[line]
            token, logprob, p = ids.item(rank), logprobs.item(rank), lines.chances.item(line, rank)
        sequence.take(token)
    return Step(
        id=request.id,
        position=position,
        token=token,
        origin=origin,
        logprob=logprob,
        p=p,
        rank=rank,
        entropy=lines.entropy[line],
        top_ids=ids,
        top_logprobs=logprobs,
        top_p=top_p,
        scores=lines.scores(line, request),
        reused=sequence.reused if position == len(request.context) else 0,
    )
