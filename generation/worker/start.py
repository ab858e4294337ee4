"""The embedded form: the engine as a thread of the web process, from its first job on. Imports no torch."""

from __future__ import annotations

import logging
import sys
import threading
import urllib.error
import urllib.request
from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connections

from generation import runs
from generation.bus import the_bus
from generation.engines import directory_of, in_this_process, name_of
from generation.models import Run

if TYPE_CHECKING:
    from generation.served import Served
    from generation.worker.body import Worker

AGAIN = 1.0  # seconds before another engine is made in the place of one that failed; then twice as many, …
AGAIN_AT_MOST = 60.0
ASKING = 2.0  # seconds for a model's server to say that it lives
SWITCH = 0.0001  # seconds that a thread keeps the interpreter while another one waits for it: with the usual
# 5 ms, whoever writes a frame holds up each of an engine's many short calls by more than a small model's step
MAKING = "generation.worker.making"
LIBRARIES = ("torch", "transformers", MAKING)  # one by one: a stop is heard between two
NO_MODEL = "The model of this site can't be loaded; whoever runs it finds the reason in its log."

log = logging.getLogger(__name__)


class _Embedded:
    """At most one thread at a time. An engine that fails is made anew while there is something to do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._reading: threading.Thread | None = None
        self._worker: Worker | None = None
        self._stopping = threading.Event()
        self._leaving = False  # the thread is there, and takes nothing up any more
        self._pause = AGAIN
        self.serves = False  # this process answers people
        self.failed = False  # the last thread, before or after it had loaded the model

    def ensure(self) -> None:
        with self._lock:
            last = self._thread
            is_there = last is not None and last.is_alive() and not self._leaving
            if self._stopping.is_set() or is_there:
                return
            self._leaving = False
            self._thread = threading.Thread(target=self._run, args=[last], name="engine", daemon=True)
            self._thread.start()

    def read_ahead(self) -> None:
        with self._lock:
            if not self.serves or self._reading or self._thread or self._stopping.is_set():
                return
            if MAKING in sys.modules:
                return
            self._reading = threading.Thread(target=self._read, name="reading ahead", daemon=True)
            self._reading.start()

    def _read(self) -> None:
        for library in LIBRARIES:
            if self._stopping.is_set():
                break
            try:
                import_module(library)
            except Exception as problem:
                log.warning("What a model needs can't be read: %s", problem)  # as the first job will find
                break

    @property
    def is_starting(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and self._worker is None

    def stop(self, grace: float) -> None:
        """Waits for the end of an engine that may have runs; one that is still loading has none. A library is
        read to its end: a process that leaves in the middle of one may not end well."""
        self._stopping.set()
        with self._lock:
            thread, worker, reading = self._thread, self._worker, self._reading
        if reading is not None:
            reading.join(grace + 3)
        if thread is not None and worker is not None:
            worker.stop(grace)
            if worker.loaded:
                thread.join(grace + 3)

    def _run(self, last: threading.Thread | None) -> None:
        if last is not None:
            last.join()
        sys.setswitchinterval(SWITCH)
        self._pause = AGAIN
        while not self._worked():
            connections.close_all()
            if self._stopping.wait(self._pause):
                break
            self._pause = min(2 * self._pause, AGAIN_AT_MOST)
        connections.close_all()

    def _worked(self) -> bool:
        """Whether that was all. Whatever fails, in the making too, is tried again: nobody else would."""
        try:
            return self._work()
        except Exception:
            self.failed = True
            log.exception("The engine ended; another one is made.")
            return False

    def _work(self) -> bool:
        """Whether that was all: it was stopped, or there is no model. Raises what an engine fails with."""
        if self._reading is not None:
            self._reading.join()  # two threads in the middle of one library could stand in each other's way
        if self._stopping.is_set():
            return True
        from generation.worker import making

        self._worker = making.worker(the_bus(), self._is_ready)
        if self._stopping.is_set():
            return True
        try:
            self._worker.run()
        except making.CANT_LOAD as problem:
            self.failed = True
            log.error("There is no engine: %s", problem)
            # First: who asks from here on is refused here, or by the next thread.
            with self._lock:
                self._leaving = True
            self._refuse_all()
        return True

    def _is_ready(self, served: Served) -> None:
        self.failed = False
        self._pause = AGAIN
        for notice in served.notices:
            log.warning("%s", notice)

    @staticmethod
    def _refuse_all() -> None:
        """Nobody else will take them: waiting would be in vain."""
        try:
            runs.end_queued(name_of(settings.SAFELENS_MODEL), NO_MODEL)
        except DatabaseError as problem:
            log.warning("The queued runs aren't told that there is no model: %s", problem)


_embedded = _Embedded()


def ensure_embedded() -> None:
    """Before the first job, and at any later one: the engine is there, or on its way. Returns at once.

    Where engines are processes of their own (with Redis), this does nothing.
    """
    if in_this_process():
        _embedded.ensure()


def resume_embedded() -> None:
    """At the start of the web process: what the last one left unfinished goes on by itself."""
    _embedded.serves = True
    if in_this_process() and Run.objects.exclude(status=Run.Status.FINISHED).exists():
        if settings.EMBEDDED:
            runs.let_go()  # of a process that was killed: nobody waits for its leases to run out
        _embedded.ensure()


def read_ahead() -> None:
    """Somebody has a page open: what takes seconds to read is there when they ask. Returns at once.

    A process that nobody looks at never reads it. The model itself comes with the first job.
    """
    if in_this_process():
        _embedded.read_ahead()


def stop_embedded(grace: float) -> None:
    """At the end of the web process: hands over what the engine has. The next start goes on with it."""
    _embedded.stop(grace)


def is_starting() -> bool:
    """Whether the thread is there and hasn't come to the model yet: it reads the libraries first."""
    return _embedded.is_starting


def can_start() -> bool:
    """Before the first job: whether there is a model to load. A name on the hub counts until it fails."""
    if _embedded.failed:
        return False
    if settings.SAFELENS_ENGINE_URL:
        return _server_answers(settings.SAFELENS_ENGINE_URL)
    directory = directory_of(settings.SAFELENS_MODEL)
    return directory is None or (directory / "config.json").is_file()


def _server_answers(url: str) -> bool:
    """Whether the server that computes the model lives; the engine that asks for it may not be there yet."""
    try:
        with urllib.request.urlopen(f"{url.removesuffix('/v1')}/health", timeout=ASKING):  # noqa: S310
            return True
    except urllib.error.HTTPError as refusal:
        return refusal.code < 500
    except (OSError, ValueError):
        return False
