"""How what is generated reaches those who watch: `base` is the contract, and says what a bus may lose."""

from __future__ import annotations

import threading

from django.conf import settings

from generation.bus.base import (
    BEGIN,
    STEPS,
    Append,
    Bus,
    BusDown,
    Entry,
    Listener,
    Position,
    Presence,
    Signal,
    StreamLost,
)
from generation.bus.memory import MemoryBus

__all__ = [
    "BEGIN",
    "STEPS",
    "Append",
    "Bus",
    "BusDown",
    "Entry",
    "Listener",
    "Position",
    "Presence",
    "Signal",
    "StreamLost",
    "the_bus",
]

PREFIX = "safelens"  # of every key; two sites on one Redis take two of its databases

_lock = threading.Lock()
_bus: Bus | None = None


def the_bus() -> Bus:
    """This process's bus: Redis where REDIS_URL is set, else the one in the process."""
    global _bus
    with _lock:
        if _bus is None:
            _bus = _made()
        return _bus


def replace(bus: Bus | None) -> Bus | None:
    """For tests and for the end of the process: another bus from now on; gives the one before."""
    global _bus
    with _lock:
        before, _bus = _bus, bus
        return before


def _made() -> Bus:
    if not settings.REDIS_URL:
        return MemoryBus()
    from generation.bus.redis_streams import RedisBus

    return RedisBus(settings.REDIS_URL, PREFIX)
