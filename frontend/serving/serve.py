"""From nothing to a site that answers: checks, prepares, serves, and says so in one line."""

import signal
import sys
from typing import Any, Protocol

from django.conf import settings
from django.db import connections

from frontend.serving import preparation
from frontend.serving.timer import Timer
from generation.reaper import Reaper
from generation.worker import start

GRACE = 3.0  # seconds that an engine in this process has to record what it knows and to hand its runs over


class Output(Protocol):
    def write(self, msg: str) -> Any: ...
    def flush(self) -> None: ...


def serve(output: Output) -> None:
    """Returns when asked to stop (SIGINT or SIGTERM), at most ten seconds after."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))  # until the server has handlers of its own
    preparation.data_directory(settings.DATA_DIR)
    listener = preparation.bound_socket(settings.HOST, settings.PORT)
    preparation.database()
    preparation.static_files()
    preparation.guards()
    preparation.first_account(settings.DATA_DIR)

    # Not before: Daphne takes over the event loop, and the application reads the collected files.
    from channels.routing import get_default_application

    from frontend.serving.server import Server

    application = get_default_application()
    # Not before: the engine's thread imports torch, and Autobahn's import fails where torch is half there.
    start.resume_embedded()
    connections.close_all()

    line = greeting(listener.getsockname()[1])

    def ready() -> None:
        output.write(line)
        output.flush()

    reaper = Reaper()
    reaper.start()
    timer = Timer(settings.CELERY_BEAT_SCHEDULE if settings.EMBEDDED else {})
    timer.start()
    Server(application, listener.detach(), ready).run()
    reaper.stop()
    timer.stop()
    start.stop_embedded(GRACE)


def greeting(port: int) -> str:
    host = "127.0.0.1" if settings.HOST == "0.0.0.0" else settings.HOST  # noqa: S104
    address = settings.SAFELENS_URL or f"http://{host}:{port}"
    password = settings.DATA_DIR / preparation.PASSWORD_FILE
    if password.is_file():
        return f"SafeLens is ready at {address} – log in as admin with the password in {password}"
    return f"SafeLens is ready at {address} – log in with your account"
