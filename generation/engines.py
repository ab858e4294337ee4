"""Which models a run may ask for here, and whether an engine is there to answer."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings

from generation.bus import BusDown, Presence, the_bus

SANDBOX = "sandbox"  # what the bundled model is called

log = logging.getLogger(__name__)


def name_of(model: str) -> str:
    """What a model is called in settings and messages: its Hugging Face name, or a directory's last part."""
    if model == settings.SAFELENS_BUNDLED_MODEL:
        return SANDBOX
    path = Path(model).expanduser()
    return (
        path.resolve().name if path.is_absolute() or model.startswith((".", "~")) or path.is_dir() else model
    )


def offered() -> list[str]:
    """The names that `settings.model` may have, the site's own first.

    The site's own is offered even while no engine is there: a run for it waits, and `/readyz` says why.
    """
    own = name_of(settings.SAFELENS_MODEL)
    return [own, *sorted({engine.model for engine in _present()} - {own})]


def serve_somewhere() -> bool:
    """Whether an engine with a loaded model is there. Raises BusDown."""
    return any(engine.loaded for engine in the_bus().engines())


def in_this_process() -> bool:
    """Whether the engine is a thread of the web process: without Redis no other process could hear of a run."""
    return not settings.REDIS_URL


def _present() -> list[Presence]:
    try:
        return the_bus().engines()
    except BusDown as problem:
        log.warning("It isn't known which engines are there: %s", problem)
        return []
