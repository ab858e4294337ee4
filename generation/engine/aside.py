"""A thread for work that may hang: whoever asks it waits so long and no longer."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Final

import torch

# Ten seconds, in slices: a process that was stopped for a while finds all of that time in one of them.
SLICE: Final = 0.25  # seconds
SLICES: Final = 40

Work = Callable[[], None]


def _locked() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Desk:
    """What the two threads share. Each lock is a bell: locked until the other one rings it."""

    asked: Lock = field(default_factory=_locked)
    done: Lock = field(default_factory=_locked)
    work: Work | None = None
    error: BaseException | None = None
    closed: bool = False
    busy: bool = False


class Aside:
    """Belongs to one thread, which asks for one thing at a time. Its own thread ends when nobody holds it.

    Costs two changes of threads for each `do`: about 20 µs. What is done there is done by one processor: a
    second team of torch's threads would wait for work in the way of whoever asks.
    """

    def __init__(self) -> None:
        self._desk = _Desk()
        threads = torch.get_num_threads()
        Thread(target=_work, args=(self._desk,), name="aside", daemon=True).start()
        self._desk.done.acquire()
        torch.set_num_threads(
            threads
        )  # for threads that are still to come; those that are there have their own
        weakref.finalize(self, _close, self._desk).atexit = False

    def do(self, work: Work) -> bool:
        """Whether it is done; what it raises is raised here. False: it hangs, and is of no more use."""
        desk = self._desk
        desk.work, desk.busy = work, True
        desk.asked.release()
        slices = 0
        while not desk.done.acquire(timeout=SLICE):
            slices += 1
            if slices >= SLICES:
                return False
        error, desk.error = desk.error, None
        if error is not None:
            raise error
        return True

    @property
    def is_busy(self) -> bool:
        """Whether what it hung in still isn't done."""
        return self._desk.busy


def _work(desk: _Desk) -> None:
    torch.get_num_threads()  # else the first of its computations would take as many as all others have
    torch.set_num_threads(1)
    desk.done.release()
    with torch.inference_mode():
        while not desk.closed:
            desk.asked.acquire()
            work = desk.work
            if work is None:
                return
            try:
                work()
            except BaseException as error:
                desk.error = error
            work = desk.work = None
            desk.busy = False
            desk.done.release()


def _close(desk: _Desk) -> None:
    """One that hangs looks at it when it comes back."""
    desk.closed = True
    if not desk.busy:
        desk.asked.release()
