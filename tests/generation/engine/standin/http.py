"""The stand-in's HTTP: real connections on the loopback, and whatever may go wrong with them, on demand."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.generation.engine.standin.sglang import SglangApi
from tests.generation.engine.standin.vllm import VllmApi


@dataclass(frozen=True)
class Fault:
    """In place of an answer: a status, these bytes, half of the answer, or none and the connection's end."""

    status: int = 200
    body: bytes | None = None
    half: bool = False
    gone: bool = False
    change: Callable[[Any], Any] | None = None  # of the true answer
    until: threading.Event | None = None  # nothing at all before


Plan = Callable[[int, Any], Fault | None]  # the number of the question, and the question


class StandIn:
    """One server. `plan` may be set at any time; questions are counted from then on."""

    def __init__(self, api: SglangApi | VllmApi, key: str = "", port: int = 0) -> None:
        self.api, self.key = api, key
        self.questions: list[Any] = []
        self.withdrawn = 0  # questions whose asker hung up before the answer
        self._plan: Plan | None = None
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"standin": self})
        self._server = _Listener(("127.0.0.1", port), handler)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def plan(self, plan: Plan | None) -> None:
        with self._lock:
            self._plan = plan
            self.questions = []

    def fault(self, asked: Any) -> Fault | None:
        with self._lock:
            self.questions.append(asked)
            return None if self._plan is None else self._plan(len(self.questions) - 1, asked)

    def close(self) -> None:
        """Nobody listens any more, and open connections end."""
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up in the middle is no error."""


class _Handler(BaseHTTPRequestHandler):
    standin: StandIn
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self._is_known() or self.path == "/health":
            self._say(*self.standin.api.get(self.path))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._is_known():
            return
        fault = self.standin.fault(asked) if self.path == self.standin.api.path else None
        if fault is None:
            self._say(*self.standin.api.post(self.path, asked))
            return
        if fault.until is not None and not self._waits(fault.until):
            self.standin.withdrawn += 1
            self.close_connection = True
        elif fault.gone:
            self.close_connection = True
        elif fault.body is not None:
            self._send(fault.status, fault.body)
        elif fault.status != 200:
            self._say(fault.status, {"error": {"message": "as the plan says"}})
        else:
            status, said = self.standin.api.post(self.path, asked)
            self._say(status, fault.change(said) if fault.change else said, half=fault.half)

    def _is_known(self) -> bool:
        if self.standin.key and self.headers.get("Authorization") != f"Bearer {self.standin.key}":
            self._say(401, {"error": "Unauthorized"})
            return False
        return True

    def _waits(self, event: threading.Event) -> bool:
        """Whether the asker is still there when the event comes."""
        while not event.wait(0.01):
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return False
        return True

    def _say(self, status: int, said: Any, half: bool = False) -> None:
        self._send(status, json.dumps(said).encode(), half=half)

    def _send(self, status: int, body: bytes, half: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.wfile.flush()
        self.close_connection = self.close_connection or half

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
