"""How the site's own model stands, in a few words for people."""

from __future__ import annotations

from django.conf import settings

from generation.bus import BusDown, the_bus
from generation.engines import in_this_process, name_of
from generation.worker import start

READY = "ready"
STARTING = "starting"  # what it takes before a model can be loaded
AWAY = "away just now"


def model_state() -> str:
    """`ready`, `starting`, `loading 40 %`, `checking`, `2 before you`, or that it is away. May block for as
    long as the bus does."""
    own = name_of(settings.SAFELENS_MODEL)
    try:
        engines = [engine for engine in the_bus().engines() if engine.model == own]
    except BusDown:
        return AWAY
    if loaded := [engine for engine in engines if engine.loaded]:
        waiting = min(engine.waiting for engine in loaded)
        return f"{waiting} before you" if waiting else READY
    if engines:
        return engines[0].detail or "loading"
    if not in_this_process():
        return AWAY
    if start.is_starting():
        return STARTING
    # The thread that serves it begins with the first question.
    return READY if start.can_start() else AWAY
