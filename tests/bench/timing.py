"""Times things against each other in one run: this machine's speed drifts, a ratio of neighbours doesn't."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Action = Callable[[], object]


@contextmanager
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds(action: Action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def ratio(one: Action, other: Action, rounds: int = 40, warm: int = 3) -> float:
    """Median over the rounds of one's time over the other's, taken in turn; who is first alternates."""
    for _ in range(warm):
        one()
        other()
    quotients = []
    with no_collection():
        for turn in range(rounds):
            if turn % 2:
                first, second = seconds(one), seconds(other)
            else:
                second, first = seconds(other), seconds(one)
            quotients.append(first / second)
    return statistics.median(quotients)
