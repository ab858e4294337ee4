"""How far the server may run ahead of a client that acknowledges what it took."""

from __future__ import annotations

import asyncio

SIZE = 256  # unacknowledged steps of one run
PATIENCE = 30.0  # seconds without an ack, the window full and more to be sent


class TooSlow(Exception):
    """The client has not acknowledged anything for PATIENCE seconds."""


class Window:
    """The credit of one run on one socket. Belongs to the socket's event loop."""

    def __init__(self, after: int) -> None:
        self.sent = after
        self.acked = after
        self._moved = asyncio.Event()

    @property
    def room(self) -> int:
        return SIZE - (self.sent - self.acked)

    def ack(self, i: int) -> None:
        """What the client says to have beyond what this window sent gives no credit."""
        taken = min(i, self.sent)
        if taken > self.acked:
            self.acked = taken
            self._moved.set()

    async def opened(self) -> None:
        """Returns when there is room. Raises TooSlow."""
        while self.room <= 0:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), PATIENCE)
            except TimeoutError:
                raise TooSlow from None
