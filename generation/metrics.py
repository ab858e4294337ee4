"""What the process exports for Prometheus. No user, run or prompt in a label."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_MILLISECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_WAITS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)

QUEUE_WAIT = Histogram(
    "safelens_queue_wait_seconds", "From a run's arrival to its first claim.", ["model"], buckets=_WAITS
)
BATCH_RUNS = Gauge("safelens_batch_runs", "Runs in the engine's batch.", ["model"])
BATCH_WAITING = Gauge("safelens_batch_waiting", "Claimed runs that wait for room in the batch.", ["model"])
BATCH_PLACES = Gauge("safelens_batch_places", "Runs that the batch may have.", ["model"])
STEP_SECONDS = Histogram(
    "safelens_step_seconds", "One step of the engine, for all its runs.", ["model"], buckets=_MILLISECONDS
)
PREFILL_TOKENS = Counter("safelens_prefill_tokens", "Tokens read: prompts, edits, forced answers.", ["model"])
DECODE_TOKENS = Counter("safelens_decode_tokens", "Tokens sampled.", ["model"])
REUSED_TOKENS = Counter("safelens_reused_tokens", "Tokens that came from a kept prefix.", ["model"])
CACHE_BYTES = Gauge("safelens_cache_bytes", "Memory of kept prefixes.", ["model"])
GPU_MEMORY = Gauge(
    "safelens_gpu_memory_ratio", "Memory in use on an engine's GPU, by whomever; 1 is all of it.", ["gpu"]
)
RUNS_ENDED = Counter(
    "safelens_runs_ended",
    "Runs that this process ended, by reason; `cancelled`: before or while an engine had them.",
    ["model", "reason"],
)
RUNS_LOST = Counter(
    "safelens_runs_lost", "Runs that an engine held and another took, or that were deleted.", ["model"]
)
GUARD_EVALUATIONS = Counter("safelens_guard_evaluations", "Scores that a guard gave to tokens.", ["guard"])
GUARD_ALARMS = Counter(
    "safelens_guard_alarms",
    "Lines that were reached, by what was done; `shadow`: what would have been.",
    ["guard", "action", "policy"],
)
GUARD_NUDGES = Counter("safelens_guard_nudges", "Answers steered back in mid-sentence.", ["guard"])
GUARD_RETRACTIONS = Counter("safelens_guard_retractions", "Released steps that were withdrawn.", ["guard"])
GUARD_ERRORS = Counter("safelens_guard_errors", "Runs that a guard gave no answer for.", ["guard"])
GUARD_SECONDS = Counter(
    "safelens_guard_seconds", "Time spent in guards, by what took it: probes, rules.", ["part"]
)
BUS_ERRORS = Counter("safelens_bus_errors", "Calls that found the bus away.")
DATABASE_ERRORS = Counter("safelens_database_errors", "Rounds of work that found the database away.")


class Queue(Collector):
    """Asked of the database at each scrape, so that it is told even when no engine is left to tell it."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        runs = GaugeMetricFamily("safelens_queue_runs", "Runs that wait to be claimed.", labels=["model"])
        oldest = GaugeMetricFamily(
            "safelens_queue_oldest_seconds", "How long the oldest of them waits.", labels=["model"]
        )
        try:
            for model, count, seconds in _waiting():
                runs.add_metric([model], count)
                oldest.add_metric([model], seconds)
        except DatabaseError:
            DATABASE_ERRORS.inc()
        finally:
            if not connection.in_atomic_block:
                connection.close()  # the exporter of an engine asks in a new thread each time
        yield runs
        yield oldest

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Without asking the database: the registry wants the names when the process starts."""
        yield GaugeMetricFamily("safelens_queue_runs", "")
        yield GaugeMetricFamily("safelens_queue_oldest_seconds", "")


def _waiting() -> Iterator[tuple[str, int, float]]:
    from generation.models import Run  # not before the apps are ready

    now = timezone.now()
    queued = Run.objects.filter(status=Run.Status.QUEUED).order_by().values("model")
    for row in queued.annotate(count=Count("id"), oldest=Min("created")):
        yield row["model"], row["count"], (now - row["oldest"]).total_seconds()


REGISTRY.register(Queue())
