"""The engine's own counters, as metrics."""

from __future__ import annotations

from dataclasses import replace

import torch

from generation import metrics
from generation.protocol import Reason
from generation.served import Served


class Meters:
    def __init__(self, served: Served) -> None:
        self._model = served.name
        self._engine = served.engine
        self._last = replace(served.engine.counters)
        # Looked up once: a step of a small model takes less time than these look-ups would.
        self._seconds = metrics.STEP_SECONDS.labels(served.name)
        self._prefilled = metrics.PREFILL_TOKENS.labels(served.name)
        self._decoded = metrics.DECODE_TOKENS.labels(served.name)
        self._reused = metrics.REUSED_TOKENS.labels(served.name)
        self._probing = metrics.GUARD_SECONDS.labels("probes")
        self._runs = metrics.BATCH_RUNS.labels(served.name)
        self._waiting = metrics.BATCH_WAITING.labels(served.name)
        self._cache = metrics.CACHE_BYTES.labels(served.name)
        self._gpus = _gpus()
        for reason in Reason:
            metrics.RUNS_ENDED.labels(served.name, reason.value)  # told from the start, as 0

    def stepped(self, seconds: float) -> None:
        self._seconds.observe(seconds)

    def look(self) -> None:
        """At what the engine counts itself; not after every step."""
        now, last = self._engine.counters, self._last
        self._prefilled.inc(now.prefilled - last.prefilled)
        self._decoded.inc(now.decoded - last.decoded)
        self._reused.inc(now.reused - last.reused)
        self._probing.inc(now.probing - last.probing)
        self._last = replace(now)
        running, waiting = self._engine.occupancy
        self._runs.set(running)
        self._waiting.set(waiting)
        self._cache.set(self._engine.retained_bytes)
        for gpu in self._gpus:
            free, total = torch.cuda.mem_get_info(gpu)
            metrics.GPU_MEMORY.labels(str(gpu)).set(1 - free / total)

    def ended(self, reason: Reason) -> None:
        metrics.RUNS_ENDED.labels(self._model, reason.value).inc()
        self.look()


def _gpus() -> list[int]:
    """Those on which this process has put something: the model."""
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return []
    return [gpu for gpu in range(torch.cuda.device_count()) if torch.cuda.memory_reserved(gpu)]
