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
        """`asked`: when the client asked for this run (monotonic). `end_alone`: say nothing but the end."""
        self.run = run
        self.refs: list[str] = []  # of cancels that the end answers
        self.ends = False  # too late to be answered by it
        self.window = Window(after)
        self._say = say
        self._too_slow = too_slow
        self._asked = asked
        self._end_alone = end_alone
        self._framed = 0.0  # when the last frame of steps went out (monotonic)
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
        reader = Reader(self.run, self.window.sent)
        try:
            while not reader.done:
                await self._paced()
                for message in await self._read(reader):
                    if isinstance(message, Steps):
                        await self._send(message.steps)
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
        """The reader goes on where it stood once the database is back."""
        while True:
            try:
                return await reader.read(max(1, self.window.room))
            except (DatabaseError, InterfaceError) as problem:
                log.warning("The database doesn't answer a reader: %s", problem)
                await aclose_old_connections()
                await asyncio.sleep(PATIENCE)

    async def _send(self, steps: list[StepJson]) -> None:
        if self._end_alone:
            self.window.sent = self.window.acked = steps[-1]["i"]
            return
        while steps:
            await self.window.opened()
            now, steps = steps[: self.window.room], steps[self.window.room :]
            for frame, last in steps_frames(self.run, now):
                await self._paced()
                self._measure(last - self.window.sent)
                self.window.sent = last
                await self._say(frame)

    async def _paced(self) -> None:
        wait = self._framed + INTERVAL - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)

    def _measure(self, count: int) -> None:
        now = time.monotonic()
        if self._framed:
            metrics.STEP_INTERVAL.observe((now - self._framed) / count)
        elif self._asked is not None:
            metrics.FIRST_STEP.observe(now - self._asked)
        metrics.STEPS.inc(count)
        self._framed = now
