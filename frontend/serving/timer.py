"""Does in this process what Celery's beat does in production: the same tasks, at the same intervals."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from django.db import connections
from django.utils.module_loading import import_string

JOINING = 5.0  # seconds

log = logging.getLogger(__name__)


class Timer:
    """One thread for all tasks, one after the other. Each runs once at the start, for nobody knows how long
    the process will live; one that fails is logged, and tried again when it is next due."""

    def __init__(self, schedule: Mapping[str, Mapping[str, Any]]) -> None:
        self._schedule = schedule
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(JOINING)

    def _run(self) -> None:
        due = dict.fromkeys(self._schedule, time.monotonic())
        while due:
            name = min(due, key=due.__getitem__)
            if self._stopped.wait(max(0.0, due[name] - time.monotonic())):
                return
            self._do(name)
            due[name] = time.monotonic() + float(self._schedule[name]["schedule"])

    def _do(self, name: str) -> None:
        try:
            import_string(self._schedule[name]["task"])()
        except Exception:
            log.exception("The task %s failed.", name)
        finally:
            connections.close_all()
