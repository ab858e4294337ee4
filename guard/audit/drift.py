"""How far a guard's scores have moved: histograms by week, and the stability index between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from guard.audit.models import ScoreWeek
from guard.audit.tape import Seen

# Bins of equal width in the logit, clipped to ±6 as policies clip it: fine where the scores of good guards
# lie, close to 0 and close to 1.
BINS = 24
ENOUGH = 1000  # tokens on either side, below which chance alone moves the index
EDGES = [1 / (1 + math.exp(-(-6 + 12 * edge / BINS))) for edge in range(1, BINS)]


def count(at: datetime, runs: Sequence[Sequence[Seen]]) -> None:
    """Adds these runs' scores to their guards' week. Only for who holds the chain's head."""
    week = monday(at)
    found: dict[str, tuple[list[float], list[int]]] = {}  # scores, and which run has any
    for number, tokens in enumerate(runs):
        for token in tokens:
            for guard, score in token.scores.items():
                scores, mine = found.setdefault(guard, ([], []))
                scores.append(score)
                if not mine or mine[-1] != number:
                    mine.append(number)
    for guard, (scores, mine) in sorted(found.items()):
        row, _ = ScoreWeek.objects.get_or_create(guard=guard, week=week, defaults={"counts": [0] * BINS})
        values = np.array(scores, np.float64)
        whole = values[np.isfinite(values)]
        added = np.bincount(np.searchsorted(EDGES, whole, side="right"), minlength=BINS)
        row.counts = (np.array(row.counts) + added).tolist()
        row.broken += len(values) - len(whole)
        row.runs += len(mine)
        row.save(update_fields=["counts", "broken", "runs"])


def monday(at: datetime) -> date:
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def stability_index(before: Sequence[int], now: Sequence[int]) -> float | None:
    """Σ (now - before) · ln(now / before) over the shares of the bins; none if either side has too few.

    Half a token is added to each bin, so that an empty one doesn't make it infinite.
    """
    if sum(before) < ENOUGH or sum(now) < ENOUGH:
        return None
    old = (np.array(before) + 0.5) / (sum(before) + 0.5 * len(before))
    new = (np.array(now) + 0.5) / (sum(now) + 0.5 * len(now))
    return float(((new - old) * np.log(new / old)).sum())
