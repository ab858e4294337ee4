"""Takes runs back from engines that are gone, wherever a process lives that can: one small query a beat."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, InterfaceError, connection, connections

from generation import metrics, runs

JOINING = 5.0  # seconds

log = logging.getLogger(__name__)


class Reaper:
    """A thread for a web process: with all engines gone, a cancelled run still ends."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reaper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(JOINING)

    def _run(self) -> None:
        while not self._stopped.wait(runs.BEAT):
            try:
                runs.reap()
            except (DatabaseError, InterfaceError) as problem:
                metrics.DATABASE_ERRORS.inc()
                log.warning("The database doesn't answer the reaper: %s", problem)
            finally:
                connection.close()
        connections.close_all()
