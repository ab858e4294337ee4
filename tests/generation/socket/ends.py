"""The other side of a conversation that a test holds in this process."""

from __future__ import annotations

import asyncio
import json

from generation.protocol import Close
from tests import patience
from tests.contract import Frame


class Ends:
    """What a conversation said and closed with, in this process."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.closed: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self._said = asyncio.Event()

    async def say(self, frame: bytes) -> None:
        self.frames.append(json.loads(frame))
        self._said.set()
        if self.frames[-1]["type"] == "finished":
            self.ended.set()

    async def nth(self, number: int) -> Frame:
        """The frame of this number, as soon as it was said."""
        while len(self.frames) <= number:
            self._said.clear()
            await asyncio.wait_for(self._said.wait(), patience.SECONDS)
        return self.frames[number]

    async def close(self, code: Close) -> None:
        self.closed.set_result(code)
