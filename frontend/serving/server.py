"""Daphne, ended as it should be: nothing new, running answers get a moment, sockets are told at once."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from daphne.server import Server as Daphne
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer
from twisted.internet import reactor as _reactor

from frontend.serving.flow import Flow
from frontend.serving.handshake import Handshake

reactor: Any = _reactor  # Twisted puts an object where its types see a module

ANSWER_SECONDS: Final = 3.0
"""How long a running answer may take to end by itself once the process is asked to stop."""
CANCEL_SECONDS: Final = 3.0
"""How long what is cancelled may take to clean up."""
LAST_SECONDS: Final = 9.0
"""After which the process ends whatever still hangs: it promises to be gone within 10."""
GOODBYE_SECONDS: Final = 1.0
"""How long clients may take to answer the close of their sockets."""
FRAME_BYTES: Final = 64 * 1024


class Server(Daphne):  # type: ignore[misc]  # Daphne has no types
    def __init__(self, application: Any, descriptor: int, ready: Callable[[], None]) -> None:
        super().__init__(
            application,
            endpoints=[f"fd:fileno={descriptor}"],
            signal_handlers=False,  # Twisted leaves SIGINT to whoever handled it before
            ping_interval=10,
            ping_timeout=10,
            websocket_max_message_size=FRAME_BYTES,
            websocket_max_frame_size=FRAME_BYTES,
            server_name="SafeLens",
        )
        self._flows: dict[WebSocketProtocol, Flow] = {}
        self._no_sockets = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: reactor.callFromThread(self.stop))
        reactor.callWhenRunning(self._prepare_sockets)
        reactor.callWhenRunning(ready)
        reactor.addSystemEventTrigger("before", "shutdown", self._stop_listening)

    def _prepare_sockets(self) -> None:
        """Daphne has made their factory by then."""
        self.ws_factory.protocol = Handshake
        # A frame that is too large, or no UTF-8, gets its close code: Autobahn would cut the connection.
        self.ws_factory.setProtocolOptions(failByDrop=False, allowNullOrigin=True)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Daphne's own for pages; for sockets, one whose flow is bounded on both sides."""
        if scope["type"] != "websocket":
            return super().create_application(protocol, scope)
        scope.setdefault("asgi", {"version": "3.0"})
        flow = Flow(protocol.transport, partial(self.handle_reply, protocol))
        running = asyncio.ensure_future(self.application(scope, flow.receive, flow.send))
        self.connections[protocol]["application_instance"] = running
        self._flows[protocol] = flow
        return flow

    def protocol_disconnected(self, protocol: Any) -> None:
        super().protocol_disconnected(protocol)
        flow = self._flows.pop(protocol, None)
        if flow is not None:
            flow.release()
        if not self._flows:
            self._no_sockets.set()

    def _stop_listening(self) -> Any:
        watchdog = threading.Timer(LAST_SECONDS, os._exit, [0])
        watchdog.daemon = True
        watchdog.start()
        for listener in self.listeners:
            listener.addCallback(lambda port: port and port.stopListening())
        return defer.DeferredList(self.listeners)

    def kill_all_applications(self) -> defer.Deferred[None]:
        """Called by Daphne before it ends. Waits for pages; cancels sockets, which may send a close code."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        pages: list[asyncio.Future[Any]] = []
        sockets: list[asyncio.Future[Any]] = []
        for protocol, details in self.connections.items():
            task = details.get("application_instance")  # none: nothing was asked, or all is answered
            if task is not None and not task.done():
                (sockets if isinstance(protocol, WebSocketProtocol) else pages).append(task)
        for task in sockets:
            task.cancel()
        if pages:
            _, late = await asyncio.wait(pages, timeout=ANSWER_SECONDS)
            for task in late:
                task.cancel()
        if pages or sockets:
            await asyncio.wait(pages + sockets, timeout=CANCEL_SECONDS)
        if self._flows:
            self._no_sockets.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._no_sockets.wait(), GOODBYE_SECONDS)
