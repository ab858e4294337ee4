"""The bus's side of an engine, in a thread of its own: hears signals, and says that the engine is there.

A bus that is away costs nothing but time: the desk looks at the database every few seconds anyway.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings

from generation import metrics, runs
from generation.bus import Bus, BusDown, Listener, Presence, Signal

BLOCK = 1.0  # seconds that one call waits for signals
AWAY = 1.0  # seconds between two tries while the bus is away

log = logging.getLogger(__name__)


class Wire:
    """`on_work()` and `on_cancel(run)` are called from its thread, and must not wait."""

    def __init__(self, bus: Bus, presence: Presence) -> None:
        self._bus = bus
        self._presence = presence
        self._on_work: Callable[[], None] = _nothing
        self._on_cancel: Callable[[str], None] = _nothing
        self._trouble: Callable[[], str] = str
        self._closed = threading.Event()
        self._next_beat = 0.0
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def connect(self, on_work: Callable[[], None], on_cancel: Callable[[str], None]) -> None:
        self._on_work, self._on_cancel = on_work, on_cancel

    def describe(self, detail: str) -> None:
        """How far loading is, in a few words. Never waits: it is said within BLOCK seconds."""
        if detail != self._presence.detail:
            self._presence = dataclasses.replace(self._presence, detail=detail)
            self._next_beat = 0.0

    def loaded(self, model: str, fingerprint: str, trouble: Callable[[], str] = str) -> None:
        """`trouble` tells, in a few words, why the model can't compute just now; nothing while it can."""
        self._presence = dataclasses.replace(
            self._presence, model=model, fingerprint=fingerprint, loaded=True
        )
        self._trouble = trouble
        self._say()

    def close(self) -> None:
        self._closed.set()
        try:
            self._bus.signal(Signal("work"))  # wakes this listener; others may look for what was handed over
            if self._thread.is_alive():
                self._thread.join(BLOCK + 5)
            self._bus.leave(self._presence.engine)
        except BusDown as problem:
            log.warning("The bus isn't told that the engine leaves: %s", problem)

    # -- the thread's own

    def _run(self) -> None:
        listener: Listener | None = None
        while not self._closed.is_set():
            try:
                if time.monotonic() >= self._next_beat:
                    self._beat()
                    self._next_beat = time.monotonic() + runs.BEAT
                if listener is None:
                    listener = self._bus.listen(min(BLOCK, runs.BEAT))
                    self._on_work()  # what was said meanwhile was not heard
                self._hear(listener)
            except BusDown as problem:
                metrics.BUS_ERRORS.inc()
                log.warning("The engine doesn't hear the bus: %s", problem)
                listener, self._next_beat = None, 0.0
                self._closed.wait(AWAY)
            except Exception:
                log.exception("The engine's wire failed, and goes on.")
                self._closed.wait(AWAY)

    def _hear(self, listener: Listener) -> None:
        for signal in next(listener):
            if signal.kind == "cancel":
                self._on_cancel(signal.run)
            elif signal.kind == "work":
                self._on_work()

    def _beat(self) -> None:
        presence = self._presence
        if presence.loaded:
            trouble = self._trouble()
            presence = dataclasses.replace(presence, loaded=not trouble, detail=trouble)
        self._bus.beat(presence, settings.SAFELENS_LEASE)

    def _say(self) -> None:
        try:
            self._beat()
        except BusDown:
            metrics.BUS_ERRORS.inc()
            self._next_beat = 0.0


def _nothing(*_: str) -> None:
    """Before the model is loaded there is nobody to tell."""
