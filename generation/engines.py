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
    directory = directory_of(model)
    return model if directory is None else directory.resolve().name


def directory_of(model: str) -> Path | None:
    """None for a name on the hub."""
    path = Path(model).expanduser()
    return path if path.is_absolute() or model.startswith((".", "~")) or path.is_dir() else None


def offered() -> list[str]:
    """The names that `settings.model` may have, the site's own first.

    The site's own is offered even while no engine is there: a run for it waits, and `/readyz` says why.
    """
    own = name_of(settings.SAFELENS_MODEL)
    return [own, *sorted({engine.model for engine in _present()} - {own})]


def can_answer() -> bool:
    """Whether an engine with a loaded model is there, or the first job will find a model for one here.

    May block for as long as the bus does. Raises BusDown.
    """
    if any(engine.loaded for engine in the_bus().engines()):
        return True
    from generation.worker import start

    return in_this_process() and start.can_start()


def in_this_process() -> bool:
    """Whether the engine is a thread of the web process: without Redis no other would hear of a run."""
    return not settings.REDIS_URL


def _present() -> list[Presence]:
    try:
        return the_bus().engines()
    except BusDown as problem:
        log.warning("It isn't known which engines are there: %s", problem)
        return []
