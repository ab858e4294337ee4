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

import httpx2
import orjson

from generation.engine.remote.failures import Away, Broken, Failure, Refused

DEADLINE = 120.0  # seconds for one question: a long prompt behind others' takes its time
CONNECTING = 5.0
PING = 5.0  # seconds of silence after which the server is asked whether it lives
_PING_DEADLINE = 10.0
_AWAY = (502, 503, 504)
_BUSY = 429
_MOST_TOLD = 300  # characters of a refusal that are worth reading

log = logging.getLogger(__name__)


class Courier:
    """`post`, `get` and `trouble` may be used from any thread. A cancelled future closes its connection, by
    which the server learns that nobody waits any more."""

    def __init__(
        self, url: str, key: str = "", *, deadline: float = DEADLINE, ping: float = PING, most: int = 64
    ) -> None:
        parts = urlsplit(url)
        # As it is shown: without a password.
        self.url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._deadline, self._ping = deadline, ping
        self._client = httpx2.AsyncClient(
            base_url=url.removesuffix("/v1"),  # as OpenAI's clients are given it
            headers={"Authorization": f"Bearer {key}"} if key else None,
            timeout=httpx2.Timeout(None, connect=CONNECTING),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=most, keepalive_expiry=4.0),
        )
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
        return asyncio.run_coroutine_threadsafe(self._ask("POST", path, self._deadline, body), self._loop)

    def get(self, path: str) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(self._ask("GET", path, self._deadline), self._loop)

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
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    async def _watch(self) -> None:
        """Asks for the server's health while nobody asks anything else."""
        while True:
            await asyncio.sleep(self._ping)
            if time.monotonic() - self._heard >= self._ping:
                try:
                    await self._send("GET", "/health", _PING_DEADLINE)
                except Failure as problem:
                    log.debug("The server's health: %s", problem)

    async def _ask(self, method: str, path: str, seconds: float, body: dict[str, Any] | None = None) -> Any:
        return _read(await self._send(method, path, seconds, body))

    async def _send(
        self, method: str, path: str, seconds: float, body: dict[str, Any] | None = None
    ) -> bytes:
        content = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json"} if content else None
        try:
            async with asyncio.timeout(seconds):
                said = await self._client.request(method, path, content=content, headers=headers)
        except TimeoutError:
            if method == "GET":
                raise self._lost(f"nothing came in {seconds:g} s") from None
            raise Broken(f"no answer in {seconds:g} s") from None
        except (httpx2.TransportError, OSError) as problem:
            raise self._lost(str(problem) or type(problem).__name__) from problem
        except httpx2.HTTPError as problem:
            raise Broken(str(problem) or type(problem).__name__) from problem
        if said.status_code in _AWAY:
            raise self._lost(f"status {said.status_code}")
        self._found()
        if said.status_code == 200:
            return said.content
        if said.status_code == _BUSY:
            raise Away(f"status {said.status_code}")
        told = f"status {said.status_code}: {said.text[:_MOST_TOLD]}"
        raise Refused(told) if 400 <= said.status_code < 500 else Broken(told)

    def _lost(self, problem: str) -> Away:
        if not self._trouble:
            log.warning("The model's server at %s doesn't answer: %s", self.url, problem)
        self._trouble = "the model's server doesn't answer"
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
