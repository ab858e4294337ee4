from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from generation.bus import the_bus
from generation.engines import SANDBOX, in_this_process, name_of
from guard import shipping
from guard.evidence.refused import ArtifactRefused
from guard.publishing import Unpublishable

if TYPE_CHECKING:
    from generation.served import Served
    from generation.worker.body import Worker


log = logging.getLogger(__name__)

STUCK = 75  # exit status: try again


class Command(BaseCommand):
    help = (
        "Holds a model and generates the queued runs until it is asked to stop (SIGTERM, SIGINT): then it"
        " finishes them, or hands over what it can't finish within SAFELENS_GRACE seconds. Hung in a step, it"
        f" exits with {STUCK}: whoever supervises it starts it anew."
    )

    def handle(self, *args: object, **options: Any) -> None:
        if in_this_process():
            raise CommandError(
                "Without REDIS_URL the engine lives in the web process: start `manage.py serve` alone."
            )
        logging.getLogger("generation").setLevel(min(logging.INFO, logging.getLogger().level))
        # Until there is a model there is nothing to finish. Not before this line is torch loaded.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        from generation.worker import making

        if settings.SAFELENS_METRICS_PORT:
            self._export()
        self._bring_guards()
        self._began = time.monotonic()
        worker = making.worker(the_bus(), self._ready, _give_up)
        self._listen(worker)
        try:
            worker.run()
        except making.CANT_LOAD as problem:
            raise CommandError(str(problem)) from problem
        except Exception as problem:
            log.exception("The engine ended.")
            raise CommandError("The engine can't go on; the log says why. Start it anew.") from problem
        finally:
            the_bus().close()
            connections.close_all()
        self._say("The engine has stopped.")

    def _listen(self, worker: Worker) -> None:
        asked = 0

        def stop(*_: object) -> None:
            nonlocal asked
            if not worker.loaded:
                sys.exit(0)
            asked += 1
            worker.stop(settings.SAFELENS_GRACE if asked == 1 else 0)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)

    def _ready(self, served: Served) -> None:
        for notice in served.notices:
            self._say(notice)
        seconds = time.monotonic() - self._began
        self._say(f"The engine is ready: {served.name}, loaded in {seconds:.1f} s.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    @staticmethod
    def _bring_guards() -> None:
        """As `manage.py serve` does: whichever starts first."""
        if name_of(settings.SAFELENS_MODEL) != SANDBOX:
            return
        try:
            shipping.ship(Path(settings.SAFELENS_BUNDLED_GUARD), SANDBOX)
        except (ArtifactRefused, Unpublishable) as problem:
            raise CommandError(str(problem)) from problem
        except DatabaseError as problem:  # it is waited for later; whoever migrates it brings the guards too
            log.warning("The bundled guard can't be put in place yet: %s", problem)
        finally:
            connections.close_all()

    @staticmethod
    def _export() -> None:
        from prometheus_client import start_http_server

        try:
            start_http_server(settings.SAFELENS_METRICS_PORT, settings.HOST)
        except OSError as problem:
            raise CommandError(
                f"Port {settings.SAFELENS_METRICS_PORT} on {settings.HOST} can't be used for metrics"
                f" ({problem.strerror}): set SAFELENS_METRICS_PORT to another."
            ) from problem


def _give_up() -> None:
    """The thread that hangs can't be ended, so all of the process is. Its leases run out meanwhile."""
    logging.shutdown()
    os._exit(STUCK)
