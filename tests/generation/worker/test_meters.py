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


def served(name: str) -> Any:
    engine = SimpleNamespace(counters=Counters(), occupancy=(3, 1), retained_bytes=512)
    return SimpleNamespace(name=name, engine=engine)


def value(series: Counter | Gauge, **labels: str) -> float | None:
    (family,) = series.collect()
    told = (one.value for one in family.samples if one.labels == labels and not one.name.endswith("_created"))
    return next(told, None)


def test_every_way_to_end_is_told_from_the_start() -> None:
    Meters(served("metered")).look()
    ended = [value(metrics.RUNS_ENDED, model="metered", reason=reason.value) for reason in Reason]
    assert ended == [0] * len(Reason)
    assert value(metrics.BATCH_RUNS, model="metered") == 3
    assert value(metrics.CACHE_BYTES, model="metered") == 512


def test_a_gpu_tells_how_full_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    Meters(served("in memory")).look()
    assert value(metrics.GPU_MEMORY, gpu="1") is None
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda gpu: gpu)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu: (20, 80))
    Meters(served("on a GPU")).look()
    assert value(metrics.GPU_MEMORY, gpu="1") == 0.75
    assert value(metrics.GPU_MEMORY, gpu="0") is None
