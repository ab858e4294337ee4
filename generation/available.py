"""Which models a user may ask for: what the engines say of themselves, the site's own first."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from django.conf import settings

from generation.bus import BusDown, the_bus

FRESH = 1.0  # seconds for which an answer of the bus is good enough
REMEMBERED = 60.0  # seconds for which a model whose engine went away may still be asked for

_lock = threading.Lock()
_seen: dict[str, float] = {}  # name → when an engine last had it (monotonic)
_asked = float("-inf")


def models() -> list[str]:
    """Names for `settings.model`, the default first. May block for as long as the bus does.

    In the embedded form the one engine is started by the first run, so its model counts before it is loaded.
    An engine that restarts is not missed: its runs wait in the queue.
    """
    own = site_model()
    if settings.EMBEDDED:
        return [own]
    global _asked
    with _lock:
        now = time.monotonic()
        if now - _asked >= FRESH:
            _asked = now
            try:
                _seen.update((presence.model, now) for presence in the_bus().engines())
            except BusDown:
                # What was there a moment ago is still the best answer.
                _seen.update((name, now) for name in list(_seen))
        names = sorted(name for name, when in _seen.items() if now - when < REMEMBERED)
    return sorted(names, key=lambda name: name != own)


def site_model() -> str:
    """What an engine calls SAFELENS_MODEL: a hub's name as it is, a directory by its own name."""
    path = Path(settings.SAFELENS_MODEL).expanduser()
    return path.resolve().name if path.is_dir() else settings.SAFELENS_MODEL
