"""What the audit tells Prometheus, asked of the database at each scrape."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

NAME, HELP = "safelens_audit_head_sequence", "The number of the audit's newest entry."


class Head(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        from guard.audit import models  # not before the apps are ready

        gauge = GaugeMetricFamily(NAME, HELP)
        try:
            numbers = models.Head.objects.values_list("seq", flat=True)
            gauge.add_metric([], next(iter(numbers), 0))
        except DatabaseError:
            pass  # no sample: an alert sees that it is absent
        finally:
            if not connection.in_atomic_block:
                connection.close()  # the exporter asks in a new thread each time
        yield gauge

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Without asking the database: the registry wants the names when the process starts."""
        yield GaugeMetricFamily(NAME, HELP)


REGISTRY.register(Head())
