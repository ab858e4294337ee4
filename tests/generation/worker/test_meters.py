"""What an engine tells of itself for Prometheus."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from prometheus_client import Counter, Gauge

from generation import metrics
from generation.engine.inprocess import Counters
from generation.protocol import Reason
from generation.worker.meters import Meters

pytestmark = pytest.mark.once


def served(device: str, name: str) -> Any:
    engine = SimpleNamespace(
        counters=Counters(), device=torch.device(device), occupancy=(3, 1), retained_bytes=512
    )
    return SimpleNamespace(name=name, engine=engine)


def value(series: Counter | Gauge, **labels: str) -> float | None:
    (family,) = series.collect()
    told = (one.value for one in family.samples if one.labels == labels and not one.name.endswith("_created"))
    return next(told, None)


def test_every_way_to_end_is_told_from_the_start() -> None:
    Meters(served("cpu", "metered")).look()
    ended = [value(metrics.RUNS_ENDED, model="metered", reason=reason.value) for reason in Reason]
    assert ended == [0] * len(Reason)
    assert value(metrics.BATCH_RUNS, model="metered") == 3
    assert value(metrics.CACHE_BYTES, model="metered") == 512


def test_a_gpu_tells_how_full_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (20, 80))
    Meters(served("cuda", "on a GPU")).look()
    Meters(served("cpu", "on none")).look()
    assert value(metrics.GPU_MEMORY, model="on a GPU") == 0.75
    assert value(metrics.GPU_MEMORY, model="on none") is None
