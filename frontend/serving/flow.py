"""How much of a socket is kept in memory: frames that came and aren't answered, bytes that nobody takes.

Daphne keeps both without bound. Here a client that sends faster than it is answered isn't read from, and the
application waits while a client doesn't read; the ping ends a connection that stays so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

MOST_FRAMES: Final = 32
"""Unanswered frames of one socket, after which its connection isn't read."""


class Flow:
    """Between one WebSocket's connection and its application; on the event loop, as both are."""

    def __init__(self, transport: Any, reply: Callable[[Any], Awaitable[None]]) -> None:
        self._transport = transport
        self._reply = reply
        self._inbox: asyncio.Queue[Any] = asyncio.Queue()
        self._room = asyncio.Event()
        self._room.set()
        self._reading = True
        # The HTTP side, which began this connection, watches it until now.
        transport.unregisterProducer()
        transport.registerProducer(self, True)

    def put_nowait(self, message: Any) -> None:
        """From the connection, which may be in the midst of a read: a few frames more can still come."""
        self._inbox.put_nowait(message)
        if self._reading and self._inbox.qsize() > MOST_FRAMES:
            self._reading = False
            self._transport.pauseProducing()

    async def receive(self) -> Any:
        message = await self._inbox.get()
        if not self._reading and self._inbox.qsize() <= MOST_FRAMES // 2:
            self._reading = True
            self._transport.resumeProducing()
        return message

    async def send(self, message: Any) -> None:
        """Waits while the connection holds more than it should; the end of it waits for nothing."""
        if message["type"] == "websocket.send":
            await self._room.wait()
        await self._reply(message)

    def release(self) -> None:
        """The connection is gone: whoever waits to send goes on, into nothing."""
        self._room.set()

    # What Twisted's transports ask of a producer.

    def pauseProducing(self) -> None:
        self._room.clear()

    def resumeProducing(self) -> None:
        self._room.set()
        if self._transport.disconnecting:
            # Twisted closes a connection only when nobody produces for it any more.
            self._transport.unregisterProducer()

    def stopProducing(self) -> None:
        self.release()
