"""The engine's own counters, as metrics."""

from __future__ import annotations

from dataclasses import replace

from generation import metrics
from generation.protocol import Reason
from generation.served import Served


class Meters:
    def __init__(self, served: Served) -> None:
        self._model = served.name
        self._engine = served.engine
        self._last = replace(served.engine.counters)

    def stepped(self, seconds: float) -> None:
        now, last = self._engine.counters, self._last
        metrics.STEP_SECONDS.labels(self._model).observe(seconds)
        metrics.PREFILL_TOKENS.labels(self._model).inc(now.prefilled - last.prefilled)
        metrics.DECODE_TOKENS.labels(self._model).inc(now.decoded - last.decoded)
        metrics.REUSED_TOKENS.labels(self._model).inc(now.reused - last.reused)
        self._last = replace(now)
        running, waiting = self._engine.occupancy
        metrics.BATCH_RUNS.labels(self._model).set(running)
        metrics.BATCH_WAITING.labels(self._model).set(waiting)
        metrics.CACHE_BYTES.labels(self._model).set(self._engine.retained_bytes)

    def ended(self, reason: Reason) -> None:
        metrics.RUNS_ENDED.labels(self._model, reason.value).inc()
