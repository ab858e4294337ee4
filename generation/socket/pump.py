"""Carries one run's messages to one socket: what is new in one frame, as fast as the client takes it.

While its window is full the pump reads nothing of the run but the one step that it holds in its hand (so
that an end which comes instead is told). It asks the database nothing while steps flow (`Reader`).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from channels.db import aclose_old_connections
from django.db import DatabaseError, InterfaceError

from generation.protocol import Code, Error, Finished, Gone, ServerMessage, StepJson, Steps, dump
from generation.replay import Reader
from generation.socket import metrics
from generation.socket.frames import steps_frames
from generation.socket.window import TooSlow, Window

INTERVAL = 0.042  # seconds between two frames of steps: never more than 25 a second
PATIENCE = 1.0  # seconds between tries while the database is away

FAILED = "The steps of this run can't be read here; subscribe again."

Say = Callable[[bytes], Awaitable[None]]
T = TypeVar("T")

log = logging.getLogger(__name__)


class Pump:
    """One subscription. `too_slow` is awaited at most once, as the last thing that it does."""

    def __init__(
        self,
        run: str,
        after: int,
        say: Say,
        too_slow: Callable[[], Awaitable[None]],
        *,
        asked: float | None = None,
        end_alone: bool = False,
    ) -> None:
        """`asked`: when the client asked for this new run (monotonic). `end_alone`: nothing but the end."""
        self.run = run
        self.refs: list[str] = []  # of cancels that the end answers
        self.ends = False  # too late to be answered by it
        self.window = Window(after)
        self._say = say
        self._too_slow = too_slow
        self._asked = asked
        self._end_alone = end_alone
        self._framed: float | None = None  # when the last frame of steps went out (monotonic)
        self._task = asyncio.create_task(self._carry(), name="pump")

    @property
    def live(self) -> bool:
        return not self._task.done()

    async def stop(self) -> None:
        """Nothing of the run is sent any more when this returns."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _carry(self) -> None:
        reader = Reader(self.run, self.window.sent, begun=self._asked is not None)
        try:
            while not reader.done:
                at_once = await self._gathered(reader)
                for message in await self._read(reader):
                    if isinstance(message, Steps):
                        await self._send(message.steps, at_once)
                        at_once = False
                    elif isinstance(message, Finished):
                        for answer in self._answers(message):
                            await self._say(dump(answer))
                    elif not self._end_alone or isinstance(message, Gone):
                        await self._say(dump(message))
        except TooSlow:
            await self._too_slow()
        except Exception:
            log.exception("The steps of a run can't be carried to a socket.")
            await self._say(dump(Error(code=Code.FAILED, message=FAILED, run=self.run)))

    def _answers(self, end: Finished) -> list[Finished]:
        self.ends = True
        return [dataclasses.replace(end, ref=ref) for ref in self.refs] or [end]

    async def _read(self, reader: Reader) -> list[ServerMessage]:
        return await self._asking(lambda: reader.read(max(1, self.window.room)))

    async def _asking(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The reader goes on where it stood once the database is back."""
        while True:
            try:
                return await ask()
            except (DatabaseError, InterfaceError) as problem:
                log.warning("The database doesn't answer a reader: %s", problem)
                await aclose_old_connections()
                await asyncio.sleep(PATIENCE)

    async def _gathered(self, reader: Reader) -> bool:
        """When the next frame may go out. True where the run's end came before: its last steps don't wait,
        and that makes one frame more of a run, never a 26th in a second."""
        wait = self._wait()
        if wait > 0 and self.window.room > 0:
            return await self._asking(partial(reader.gather, wait))
        await asyncio.sleep(wait)
        return False

    async def _send(self, steps: list[StepJson], at_once: bool = False) -> None:
        if self._end_alone:
            self.window.sent = self.window.acked = steps[-1]["i"]
            return
        while steps:
            await self.window.opened()
            now, steps = steps[: self.window.room], steps[self.window.room :]
            for frame, last in steps_frames(self.run, now):
                if not at_once:
                    await asyncio.sleep(self._wait())
                at_once = False
                self._measure(last - self.window.sent)
                self.window.sent = last
                await self._say(frame)

    def _wait(self) -> float:
        """Seconds until the next frame of steps may go out."""
        return 0.0 if self._framed is None else max(0.0, self._framed + INTERVAL - time.monotonic())

    def _measure(self, count: int) -> None:
        now = time.monotonic()
        if self._framed is not None:
            metrics.STEP_INTERVAL.observe((now - self._framed) / count)
        elif self._asked is not None:
            metrics.FIRST_STEP.observe(now - self._asked)
        metrics.STEPS.inc(count)
        self._framed = now
