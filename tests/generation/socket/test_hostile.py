"""Frames that no client should send: each gets a clear `error` or a close code, and the process lives on."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import patience
from tests.client import Client, Closed
from tests.contract import Frame
from tests.generation.socket.conftest import Person, play

KIB64 = 64 * 1024
TYPES = ["generate", "branch", "score", "cancel", "subscribe", "unsubscribe", "ack", "ping"]
NAMES = [
    "type",
    "ref",
    "prompt",
    "text",
    "run",
    "at",
    "after",
    "i",
    "token",
    "study",
    "system",
    "settings",
]

NO_TEXT = ["\ud83d", "\0", "A" * 16]

numbers = st.integers() | st.floats() | st.sampled_from([2**63, -(2**63), 10**400, 1e308, -0.0])
scalars = st.none() | st.booleans() | numbers | st.text(max_size=50) | st.sampled_from(NO_TEXT)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
messages = st.builds(
    lambda kind, fields: {"type": kind} | fields,
    st.sampled_from(TYPES) | scalars,
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=5),
)
junk = st.text(max_size=200).filter(lambda text: text.isascii() or max(text) < "\ud800") | st.sampled_from(
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"x"',
        "[" * 20_000,
        '{"a":' * 9_000,
        '{"type":"ping"}{"type":"ping"}',
        "NaN",
        "\ufeff{}",
    ]
)
frames = st.one_of(messages.map(json.dumps), values.map(json.dumps), junk, st.binary(max_size=100))


@pytest.fixture
def watched(ann: Person) -> Iterator[Person]:
    """The site's memory before and after."""
    web = ann.site.webs[0]
    before = web.memory()
    yield ann
    assert web.process.poll() is None
    assert web.memory() - before < 40 * 2**20
    assert "Traceback" not in web.said()


async def answered(client: Client, frame: str | bytes) -> int | None:
    """Sends it and a ping; None where the pong came, else the close code."""
    try:
        await client.send_raw(frame)
        await client.send("ping", ref="after it")
        while True:
            answer = await client.next()
            if answer == {"type": "pong", "ref": "after it"}:
                return None
    except Closed as end:
        return end.code


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=st.lists(frames, min_size=1, max_size=12))
def test_whatever_is_sent_gets_an_answer_or_a_close_code(watched: Person, sent: list[str | bytes]) -> None:
    async def story() -> None:
        client = await watched.client().__aenter__()
        for frame in sent:
            code = await answered(client, frame)
            if code is not None:
                assert code == 4400
                client = await watched.client().__aenter__()
        await client.__aexit__(None, None, None)

    play(story())


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x00\xff",
        b'{"type": "ping"}',
        "no JSON",
        "[]",
        "null",
        '"ping"',
        "{" * 1000,
        "[" * 60_000,
        "1e999",
        "",
    ],
)
def test_what_is_no_text_or_no_json_object_is_closed_with_4400(watched: Person, frame: str | bytes) -> None:
    async def story() -> None:
        async with watched.client() as client:
            await client.send_raw(frame)
            reason = await client.next()
            assert (reason["type"], reason["code"]) == ("error", "invalid")
            assert await client.closed() == 4400

    play(story())


def padded(size: int) -> str:
    frame = json.dumps({"type": "ping", "ref": ""})
    return frame.replace('""', '"' + "x" * (size - len(frame)) + '"')


def test_64_kib_are_read_and_one_byte_more_is_closed_with_1009(watched: Person) -> None:
    async def story() -> None:
        async with watched.client() as client:
            assert len(padded(KIB64)) == KIB64
            await client.send_raw(padded(KIB64))
            answer = await client.next()
            assert (answer["code"], answer["field"]) == ("invalid", "ref")
            await client.send_raw(padded(KIB64 + 1))
            assert await client.closed() == 1009
        async with watched.client() as client:
            with contextlib.suppress(Closed):  # it may be closed before all of it is sent
                await client.send_raw(padded(8 * 2**20))
            assert await client.closed() in (1009, None)

    play(story())


def test_a_flood_is_answered_in_order_and_memory_stays_flat(watched: Person) -> None:
    """The client sends on without reading; then it reads all the answers."""

    async def story() -> None:
        async with watched.client() as client:
            sending = asyncio.create_task(flood(client))
            for number in range(20_000):
                assert await client.next() == {"type": "pong", "ref": str(number)}
            await sending

    async def flood(client: Client) -> None:
        for number in range(20_000):
            await client.send_raw(f'{{"type":"ping","ref":"{number}"}}')

    play(story())


class Raw:
    """A socket of the lowest kind, for what a library wouldn't do."""

    def __init__(self, person: Person) -> None:
        place = urlsplit(person.site.url)
        self.socket = socket.create_connection(
            (place.hostname or "", place.port or 80), timeout=patience.SECONDS
        )
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws/v1/ HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {person.token}\r\n\r\n".encode()
        )
        heard = b""
        while b'"hello"' not in heard:
            heard += self.socket.recv(65536)

    def frame(self, opcode: int, payload: bytes, final: bool = True) -> None:
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
        self.socket.sendall(bytes([opcode | (0x80 if final else 0)]) + length + b"\0\0\0\0" + payload)

    def rest(self) -> bytes:
        """All that comes until the server ends the connection."""
        heard = b""
        with self.socket, contextlib.suppress(ConnectionResetError):
            while more := self.socket.recv(65536):
                heard += more
        return heard


def test_text_that_is_no_utf_8_ends_the_socket(watched: Person) -> None:
    raw = Raw(watched)
    raw.frame(1, b'{"type": "\xff\xfe"}')
    assert struct.pack(">H", 1007) in raw.rest()


def test_a_message_in_endless_pieces_is_closed_with_1009(watched: Person) -> None:
    raw = Raw(watched)
    raw.frame(1, b"x" * 60_000, final=False)
    raw.frame(0, b"x" * 60_000, final=False)
    assert struct.pack(">H", 1009) in raw.rest()


def test_a_peer_that_is_gone_without_a_word_is_dropped_and_its_place_is_free(watched: Person) -> None:
    """It answers no ping: the server drops it within half a minute, and its runs go on."""
    raw = Raw(watched)

    async def left() -> Frame:
        async with watched.client() as client:
            limits: Frame = client.hello["limits"]["sockets"]
            return limits

    before = play(left())
    raw.rest()
    assert play(left())["remaining"] == before["remaining"] + 1


def test_a_client_that_reads_nothing_does_not_fill_the_server_s_memory(ann: Person) -> None:
    """Many large runs at once to a socket that nobody reads from: the server waits for room instead."""

    async def story() -> list[str]:
        async with ann.client() as client:
            asked: dict[str, Any] = {"prompt": "Hi", "settings": {"k": 50, "max_new_tokens": 256}}
            runs = [(await client.start(**asked))["id"] for _ in range(25)]
            for run in runs:
                await client.read(run)
            return runs

    runs = play(story())
    before = ann.site.webs[0].memory()
    raw = Raw(ann)
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for _ in range(8):
        for run in runs:
            raw.frame(1, json.dumps({"type": "subscribe", "run": run}).encode())
    raw.frame(1, b'{"type": "ping"}')

    async def others_are_served() -> None:
        async with ann.client() as client:
            await client.send("subscribe", run=runs[0])
            await client.read(runs[0])

    play(others_are_served())
    assert ann.site.webs[0].memory() - before < 40 * 2**20
    raw.socket.close()
