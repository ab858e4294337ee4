"""The engine that the settings ask for. Imports torch."""

from __future__ import annotations

from collections.abc import Callable

from generation.bus import Bus
from generation.engine.build import NotDeterministic, NotServable
from generation.engine.loading import ModelUnavailable
from generation.options import engine_options
from generation.remote import serve_remote
from generation.served import Served, serve
from generation.worker.body import Worker

CANT_LOAD = (ModelUnavailable, NotDeterministic, NotServable)
"""What loading raises, each with one sentence for whoever runs the site."""


def worker(
    bus: Bus,
    ready: Callable[[Served], None] | None = None,
    stuck: Callable[[], None] | None = None,
) -> Worker:
    options = engine_options()

    def load() -> Served:
        return serve_remote(options, told=tell) if options.url else serve(options, told=tell)

    def tell(stage: str, share: float | None) -> None:
        made.describe(stage if share is None else f"{stage} {share * 100:.0f} %")

    made = Worker(bus, options.name, load, options.max_runs, ready=ready, stuck=stuck)
    return made
