"""An engine as a whole: loads its model, works on runs until it is stopped, and leaves none of them stuck."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connections

from generation import metrics, runs
from generation.bus import Bus, Presence
from generation.recorder import Recorder
from generation.served import Served
from generation.worker.desk import Desk
from generation.worker.loop import INTERVAL, Loop
from generation.worker.wire import Wire

RECORDING = 3.0  # seconds of the grace that are kept for what is still to be recorded

log = logging.getLogger(__name__)


def new_name() -> str:
    """Of an engine: a new one for each start, so that no lease of an earlier one is taken for its own."""
    return f"{socket.gethostname()[:40]}-{secrets.token_hex(4)}"


class Worker:
    """`run` belongs to the thread that is to hold the model; `stop` may come from anywhere.

    Stopped, it claims nothing more, goes on with what it has while the grace lasts, and hands the rest over:
    nothing that was generated is lost by that. An engine that fails gives its runs up, which is a failed try
    for each, and raises. Killed at any moment, its leases run out and another goes on. One that hangs in a
    step lets its leases run out too, and `stuck` is told once, from another thread: nothing else can be done.
    """

    def __init__(
        self,
        bus: Bus,
        model: str,
        load: Callable[[], Served],
        places: int,
        *,
        ready: Callable[[Served], None] | None = None,
        stuck: Callable[[], None] | None = None,
        interval: float = INTERVAL,
    ) -> None:
        self.name = new_name()
        self.loaded = False
        self._bus = bus
        self._load = load
        self._places = places
        self._ready = ready
        self._stuck = stuck
        self._interval = interval
        self._wire = Wire(bus, Presence(self.name, model, "", loaded=False, detail="loading"))
        self._desk: Desk | None = None
        self._loop: Loop | None = None
        self._grace: float | None = None

    def describe(self, detail: str) -> None:
        """How far the loading is, for people who wait. Never waits itself."""
        self._wire.describe(detail)

    def run(self) -> None:
        """Raises what loading raises, and what an engine raises that can't go on."""
        self._wire.start()
        try:
            self._work(self._load())
        finally:
            self._wire.close()

    def stop(self, grace: float) -> None:
        """Within `grace` seconds. Safe in a signal's handler."""
        self._grace = grace if self._grace is None else min(grace, self._grace)
        if self._desk is not None:
            self._desk.claim_no_more()
        if self._loop is not None:
            self._loop.stop(max(0.0, self._grace - RECORDING))

    def _work(self, served: Served) -> None:
        metrics.BATCH_PLACES.labels(served.name).set(self._places)
        desk = self._desk = Desk(self.name, served, self._places, self._stuck)
        recorder = Recorder(self._bus, desk.lost)
        loop = self._loop = Loop(served, recorder, desk.ended, self._interval)
        if self._grace is not None:
            self.stop(self._grace)  # it came while the model was being loaded
        desk.start(loop)
        self._wire.connect(desk.wake, loop.cancel)
        self._wire.loaded(served.name, served.fingerprint, served.trouble)
        self.loaded = True
        if self._ready is not None:
            self._ready(served)
        try:
            loop.run()
        except Exception:
            log.exception("The engine can't go on; its runs are given up here.")
            self._give_back(recorder, desk, runs.give_up)
            raise
        else:
            self._give_back(recorder, desk, runs.hand_over)
        finally:
            desk.close()
            recorder.close(RECORDING)
            served.close()
            connections.close_all()

    def _give_back(self, recorder: Recorder, desk: Desk, give: Callable[[str, int], bool]) -> None:
        """All that the database says is held here, when what is known of it is recorded."""
        desk.close()
        recorder.drain(RECORDING)
        try:
            for run, held in runs.beat(self.name).items():
                give(run, held.epoch)
        except (DatabaseError, InterfaceError) as problem:
            log.warning("Runs can't be handed over, their leases run out by themselves: %s", problem)
