"""The life of one socket: let in or closed with a code, greeted, listened to, looked after, told the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from generation import engines, limits
from generation.protocol import (
    Close,
    Code,
    Error,
    Hello,
    Invalid,
    ServerMessage,
    Unreadable,
    dump,
    parse,
)
from generation.socket import metrics
from generation.socket.admission import Denied, Visitor, admit, may_stay
from generation.socket.conversation import Conversation
from generation.socket.roster import the_roster

LOOK = 45.0, 55.0  # seconds between two looks at the visitor's rights: within a minute in every case
LOOK_AGAIN = 5.0  # seconds, when the database didn't answer

log = logging.getLogger(__name__)


Message = dict[str, Any]  # of ASGI
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Socket:
    """A refusal is accepted first and then closed: before the accept, a browser would see no code.

    Guarantees: every frame gets an answer or a close code; no exception ends the socket without one; when it
    ends, nothing of it is left behind, and its runs go on. `roster` hears for all sockets of the process, so
    none needs a channel of its own, nor Channels' consumer, which makes a task for every frame.
    """

    def __init__(self, scope: Message, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._visitor: Visitor | None = None
        self._conversation: Conversation | None = None
        self._look = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._came = False
        self._closed = False

    async def live(self, receive: Receive) -> None:
        """Takes one message after the other until the connection is gone."""
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.connect":
                    await self._connect()
                else:
                    await self._receive(message)
        except asyncio.CancelledError:
            # The server ends: see `frontend.serving.server`.
            await self._close(Close.RESTARTING)
            raise
        finally:
            await self._leave()

    async def _connect(self) -> None:
        await self._send({"type": "websocket.accept"})
        self._came = True
        await the_roster.come()
        try:
            self._visitor, hello = await database_sync_to_async(_greeting)(self._scope)
        except Denied as denied:
            await self._close(denied.code)
            return
        except Exception:
            log.exception("A socket could not be let in.")
            await self._close(Close.RESTARTING)
            return
        if not the_roster.enter(self._visitor.user, self._look):
            await self._close(Close.TOO_MANY_SOCKETS)
            return
        self._looking = asyncio.create_task(self._look_after(self._visitor), name="rights")
        self._conversation = Conversation(
            self._visitor.user, self._send_frame, self._close, self._visitor.token
        )
        sockets = settings.SAFELENS_USER_SOCKETS
        left = sockets - the_roster.count(self._visitor.user)
        hello.limits["sockets"] = {"limit": sockets, "remaining": left}
        await self._say(hello)

    async def _receive(self, message: Message) -> None:
        if self._closed or self._conversation is None:
            return
        frame = message.get("text")
        try:
            if frame is None:
                raise Unreadable("A frame must be text, not binary.")
            asked = parse(frame)
        except Invalid as problem:
            await self._say(
                Error(code=Code.INVALID, message=str(problem), field=problem.field, ref=problem.ref)
            )
        except Unreadable as problem:
            await self._say(Error(code=Code.INVALID, message=str(problem)))
            await self._close(Close.UNREADABLE)
        else:
            await self._conversation.take(asked)

    async def _look_after(self, visitor: Visitor) -> None:
        wait = random.uniform(*LOOK)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), wait)
            self._look.clear()
            wait = random.uniform(*LOOK)
            try:
                stays = await database_sync_to_async(may_stay)(visitor)
            except Exception as problem:
                log.warning("A socket's rights can't be read: %s", problem)
                stays, wait = True, LOOK_AGAIN
            if not stays:
                await self._close(Close.NOT_LOGGED_IN)
                return

    async def _say(self, message: ServerMessage) -> None:
        await self._send_frame(dump(message))

    async def _send_frame(self, frame: bytes) -> None:
        if not self._closed:
            metrics.FRAMES.inc()
            await self._send({"type": "websocket.send", "text": frame.decode()})

    async def _close(self, code: Close) -> None:
        """Nothing is said after it."""
        if not self._closed:
            self._closed = True
            metrics.CLOSES.labels(code.value).inc()
            await self._send({"type": "websocket.close", "code": code.value})

    async def _leave(self) -> None:
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        if self._came:
            the_roster.leave(self._visitor.user if self._visitor else None, self._look)
        if self._conversation is not None:
            await self._conversation.end()


async def serve_socket(scope: Message, receive: Receive, send: Send) -> None:
    """One socket, from its connect on: an application of ASGI."""
    await Socket(scope, send).live(receive)


def _greeting(scope: Message) -> tuple[Visitor, Hello]:
    visitor = admit(scope)
    return visitor, Hello(
        user=visitor.name,
        models=engines.offered(),
        limits=limits.usage(visitor.user).as_dict(),
    )
