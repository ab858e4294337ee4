"""Carries questions to the server and answers back, many at once, in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from generation.engine.remote.connection import Address, Connection, Lost
from generation.engine.remote.failures import Away, Broken, Failure, Refused
from generation.engine.remote.identity import Identity

DEADLINE = 120.0  # seconds for one question: a long prompt behind others' takes its time
PING = 5.0  # seconds of silence after which the server is asked whether it lives
_PING_DEADLINE = 10.0
_AWAY = (502, 503, 504)
_BUSY = 429
NOBODY = "the model's server doesn't answer"
OTHER_MODEL = "the model's server computes another model"
_MOST_TOLD = 300  # characters of a refusal that are worth reading

log = logging.getLogger(__name__)


class Stranger(Lost):
    """Another server than the one that was found to compute the configured model."""


class Courier:
    """`post`, `get` and `trouble` may be used from any thread. A cancelled future closes its connection, by
    which the server learns that nobody waits any more."""

    def __init__(
        self, url: str, key: str = "", *, deadline: float = DEADLINE, ping: float | None = None
    ) -> None:
        parts = urlsplit(url)
        # As it is shown: without a password.
        self.url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._to = Address.of(url, key)
        self._deadline, self._ping = deadline, PING if ping is None else ping
        self._idle: list[Connection] = []
        self._identity: Identity | None = None
        self._trouble = ""
        self._heard = time.monotonic()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why nobody answers just now, in a few words; empty while somebody does."""
        return self._trouble

    def post(self, path: str, body: dict[str, Any]) -> Future[Any]:
        """Raises, in the future, a Failure."""
        return asyncio.run_coroutine_threadsafe(self._ask("POST", path, body), self._loop)

    def get(self, path: str) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(self._ask("GET", path), self._loop)

    def expect(self, identity: Identity) -> None:
        """From now on nobody else is asked anything."""
        self._identity = identity

    def close(self) -> None:
        """Whoever still waits is cancelled."""
        if not self._closed:
            self._closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    # -- the thread's own

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._watch())
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.gather(*(connection.closed() for connection in self._idle))

    async def _watch(self) -> None:
        """Asks for the server's health while nobody asks anything else."""
        while True:
            await asyncio.sleep(self._ping)
            if time.monotonic() - self._heard >= self._ping:
                try:
                    await self._send("GET", "/health", b"", _PING_DEADLINE)
                except Failure as problem:
                    log.debug("The server's health: %s", problem)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = b"" if body is None else orjson.dumps(body)
        return _read(await self._send(method, path, content, self._deadline))

    async def _send(self, method: str, path: str, body: bytes, seconds: float) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                status, content = await self._exchange(method, path, body)
        except TimeoutError:
            if method == "GET":
                raise self._lost(f"nothing came in {seconds:g} s") from None
            raise Broken(f"no answer in {seconds:g} s") from None
        except Stranger as problem:
            raise self._lost(str(problem), OTHER_MODEL) from problem
        except OSError as problem:
            raise self._lost(str(problem) or type(problem).__name__) from problem
        if status in _AWAY:
            raise self._lost(f"status {status}")
        self._found()
        if status == 200:
            return content
        if status == _BUSY:
            raise Away(f"status {status}")
        told = f"status {status}: {content[:_MOST_TOLD].decode(errors='replace')}"
        raise Refused(told) if 400 <= status < 500 else Broken(told)

    async def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                try:
                    return await self._over(connection, method, path, body)
                except OSError:
                    break  # closed while it was idle, most likely: a new one tells
            connection.close()
        return await self._over(await self._open(), method, path, body)

    async def _open(self) -> Connection:
        """Raises Stranger, an OSError, where somebody else answers by now."""
        connection, expected = await Connection.open(self._to), self._identity
        if expected is None:
            return connection
        try:
            said = [await connection.ask("GET", path, self._to) for path in expected.paths]
            if any(status != 200 for status, _ in said):
                raise Lost(f"status {max(status for status, _ in said)}")
            if not expected.is_same([_read(content) for _, content in said]):
                raise Stranger("it computes another model by now")
        except Broken as problem:
            connection.close()
            raise Stranger(str(problem)) from problem
        except BaseException:
            connection.close()
            raise
        return connection

    async def _over(self, connection: Connection, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        try:
            said = await connection.ask(method, path, self._to, body)
        except BaseException:
            connection.close()
            raise
        if connection.is_usable:
            self._idle.append(connection)
        else:
            connection.close()
        return said

    def _lost(self, problem: str, trouble: str = NOBODY) -> Away:
        if trouble != self._trouble:
            log.warning("At %s %s: %s", self.url, trouble, problem)
        self._trouble = trouble
        return Away(problem)

    def _found(self) -> None:
        self._heard = time.monotonic()
        if self._trouble:
            log.warning("The model's server at %s answers again.", self.url)
        self._trouble = ""


def _read(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except ValueError:
        pass
    try:
        return json.loads(content)  # which also reads NaN, so that it is told apart from nonsense
    except (ValueError, RecursionError) as problem:
        raise Broken(f"no JSON: {content[:80]!r}") from problem
