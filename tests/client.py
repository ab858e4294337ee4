"""A client of the WebSocket API, as a stranger would write it from the contract alone.

It checks every frame that it gets (`tests.contract`), acknowledges steps, and goes on behind its cursor when
a socket breaks. Used by every test of the socket.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests import patience
from tests.contract import CLOSE_CODES, Frame, Order, check


class Closed(Exception):
    """The server closed the socket."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Client:
    """One socket. `hello` is its first frame; a refused one raises Closed on entering."""

    def __init__(self, address: str, *, token: str = "", cookie: str = "", origin: str = "") -> None:
        self.address = address
        self._headers = {
            name: value
            for name, value in {
                "Authorization": token and f"Bearer {token}",
                "Cookie": cookie and f"safelens_session={cookie}",
                "Origin": origin,
            }.items()
            if value
        }
        self.hello: Frame = {}
        self.acknowledges = True
        self.checks = True  # each frame's fields; not where a client's own work would be measured
        self.arrivals: defaultdict[str, list[float]] = defaultdict(list)  # of steps frames, by run
        self._socket: ClientConnection
        self._kept: deque[Frame] = deque()  # frames that were passed over while another was awaited
        self._orders: dict[str, Order] = {}
        self._asked: dict[str, Frame] = {}
        self._refs = (f"q{number}" for number in itertools.count())

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            self.address,
            additional_headers=self._headers,
            compression=None,
            max_size=2**22,
            ping_interval=None,
            proxy=None,
            open_timeout=patience.SECONDS,
        )
        try:
            self.hello = await self.next()
            assert self.hello["type"] == "hello"
        except BaseException:
            await self._socket.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def send(self, type: str, **fields: Any) -> None:
        frame = {"type": type, **fields}
        if type == "subscribe":
            before = self._orders.get(fields["run"])
            self._orders[fields["run"]] = Order(fields.get("after", -1), before is not None)
        await self.send_raw(json.dumps(frame))

    async def send_raw(self, frame: str | bytes) -> None:
        try:
            await self._socket.send(frame)
        except ConnectionClosed as end:
            raise _closed(end) from end

    async def ask(self, type: str, **fields: Any) -> Frame:
        """Sends with a `ref`, and gives the answer that echoes it."""
        ref = next(self._refs)
        self._asked[ref] = {"type": type, **fields}
        await self.send(type, ref=ref, **fields)
        return await self.until(lambda frame: frame.get("ref") == ref)

    async def start(self, type: str = "generate", **fields: Any) -> Frame:
        """The Run that was accepted."""
        answer = await self.ask(type, **fields)
        assert answer["type"] == "accepted", answer
        run: Frame = answer["run"]
        return run

    async def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame of this kind; others are kept for `next`, in their order."""
        for at, frame in enumerate(self._kept):
            if wanted(frame):
                del self._kept[at]
                return frame
        while True:
            frame = await self._receive()
            if wanted(frame):
                return frame
            self._kept.append(frame)

    async def next(self) -> Frame:
        return self._kept.popleft() if self._kept else await self._receive()

    async def of(self, run: str, *types: str) -> Frame:
        return await self.until(
            lambda frame: frame.get("run") == run and (not types or frame["type"] in types)
        )

    async def read(self, run: str) -> list[Frame]:
        """Every frame of the run up to its end."""
        frames = [await self.of(run)]
        while frames[-1]["type"] not in ("finished", "gone"):
            frames.append(await self.of(run))
        return frames

    async def raw(self) -> bytes:
        """The next frame's bytes, neither read nor acknowledged: for who measures and must cost little."""
        if self._kept:
            return json.dumps(self._kept.popleft(), separators=(",", ":")).encode()
        async with asyncio.timeout(patience.SECONDS):
            frame = await self._socket.recv(decode=False)
        assert isinstance(frame, bytes)
        return frame

    def forget(self, run: str) -> None:
        """Frames of the run that came and weren't looked at: the cursor is about to be set anew."""
        self._kept = deque(frame for frame in self._kept if frame.get("run") != run)

    async def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        try:
            frame = await asyncio.wait_for(self._receive(), seconds)
        except TimeoutError:
            return True
        self._kept.append(frame)
        return False

    async def closed(self) -> int | None:
        """Reads on until the server closes; the code."""
        try:
            while True:
                self._kept.append(await self._receive())
        except Closed as end:
            return end.code

    def cut(self) -> None:
        """As a network fails: nobody is told."""
        self._socket.transport.abort()

    async def _receive(self) -> Frame:
        try:
            text = await asyncio.wait_for(self._socket.recv(), patience.SECONDS)
        except ConnectionClosed as end:
            raise _closed(end) from end
        assert isinstance(text, str), "a binary frame"
        frame: Frame = json.loads(text)
        if self.checks:
            check(frame, len(text.encode()))
        await self._take(frame)
        return frame

    async def _take(self, frame: Frame) -> None:
        if frame["type"] == "accepted":
            run = frame["run"]
            asked = self._asked.get(frame.get("ref", ""), {})
            self._orders[run["id"]] = Order(asked.get("at", 0) - 1 if asked.get("type") == "branch" else -1)
        about = frame.get("run")
        if frame["type"] in ("error", "accepted") or not isinstance(about, str):
            return
        order = self._orders.get(about)
        if order is None or (frame["type"] == "finished" and "ref" in frame):
            assert frame["type"] in ("finished", "gone"), f"{frame['type']} of a run that nobody asked for"
            return
        if order.take(frame) and frame["type"] == "steps":
            self.arrivals[about].append(time.monotonic())
            if self.acknowledges:
                await self.send("ack", run=about, i=order.reached)


def steps_of(frames: list[Frame]) -> list[Frame]:
    return [step for frame in frames if frame["type"] == "steps" for step in frame["steps"]]


def text_of(frames: list[Frame]) -> str:
    return "".join(step["text"] for step in steps_of(frames))


async def follow(make: Callable[[], Client], run: str, after: int = -1) -> list[Frame]:
    """The whole run, through as many sockets as it takes: goes on behind the last step that came."""
    frames: list[Frame] = []
    while True:
        steps = steps_of(frames)
        cursor = steps[-1]["i"] if steps else after
        try:
            async with make() as client:
                await client.send("subscribe", run=run, after=cursor)
                while not frames or frames[-1]["type"] not in ("finished", "gone"):
                    frames.append(await client.of(run))
                return frames
        except Closed as end:
            if end.code not in (None, 1006, 4408, 4410):
                raise
        except (OSError, EOFError, InvalidHandshake):
            await asyncio.sleep(0.1)  # nobody listens there just now


def _closed(end: ConnectionClosed) -> Closed:
    code = end.rcvd.code if end.rcvd else None
    assert code is None or code in CLOSE_CODES, f"the contract has no close code {code}"
    return Closed(code)
