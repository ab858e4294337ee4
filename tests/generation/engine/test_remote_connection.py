"""Questions over HTTP/1.1 as servers and proxies really speak it, and as they don't."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from generation.engine.remote.connection import Address
from generation.engine.remote.courier import Courier
from generation.engine.remote.failures import Away, Broken

HEAD = b"HTTP/1.1 200 OK\r\n"


class Scripted:
    """Answers the n-th question on each connection with the n-th of `said`, then hangs up."""

    def __init__(self, said: list[bytes], secure: ssl.SSLContext | None = None) -> None:
        self.said, self.secure = said, secure
        self.heads: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(60)

    def _run(self) -> None:
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self.secure)
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            for said in self.said:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(said)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@contextmanager
def asked(*said: bytes, key: str = "", path: str = "", scheme: str = "http", **more: Any) -> Iterator[Any]:
    server = Scripted(list(said), **more)
    courier = Courier(f"{scheme}://127.0.0.1:{server.port}{path}", key)
    try:
        yield server, courier
    finally:
        courier.close()
        server.close()


ANSWERS = {
    "counted": HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}',
    "in other letters": HEAD + b'CONTENT-LENGTH:8 \r\n\r\n{"a": 1}',
    "chunked": HEAD + b'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n5;x=y\r\n": 1}\r\n0\r\n\r\n',
    "chunked with a tail": HEAD + b'Transfer-Encoding: Chunked\r\n\r\n8\r\n{"a": 1}\r\n0\r\nX: y\r\n\r\n',
    "until it hangs up": HEAD + b'\r\n{"a": 1}',
    "and hangs up": HEAD + b'Connection: close\r\nContent-Length: 8\r\n\r\n{"a": 1}',
    "after a go-ahead": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}',
    "old": b'HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}',
}


@pytest.mark.parametrize("name", ANSWERS)
def test_it_understands(name: str) -> None:
    with asked(ANSWERS[name]) as (_, courier):
        assert courier.post("/x", {"q": 1}).result(60) == {"a": 1}
        assert courier.get("/x").result(60) == {"a": 1}
        assert courier.trouble == ""


NO_ANSWERS = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half an answer": HEAD + b'Content-Length: 8\r\n\r\n{"a',
    "half a chunk": HEAD + b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"a',
    "another protocol": b"220 mail.example.org ESMTP\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "a word for a status": b"HTTP/1.1 fine\r\nContent-Length: 0\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: some\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\n",
    "a chunk of words": HEAD + b"Transfer-Encoding: chunked\r\n\r\nsome\r\n",
    "a head without end": HEAD + b"X: " + b"y" * 100_000,
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_it_takes_for_nobody(name: str) -> None:
    with asked(NO_ANSWERS[name]) as (_, courier):
        with pytest.raises(Away):
            courier.post("/x", {"q": 1}).result(60)
        assert courier.trouble == "the model's server doesn't answer"


def test_a_connection_is_used_again_and_replaced_when_it_was_closed_meanwhile() -> None:
    said = HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}'
    with asked(said, said) as (server, courier):
        for number in range(1, 8):
            assert courier.post("/x", {"q": 1}).result(60) == {"a": 1}
            assert server.connections == (number + 1) // 2, "each serves two, then hangs up"
        assert courier.trouble == ""


def test_questions_at_once_have_a_connection_each() -> None:
    with asked(HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}') as (server, courier):
        found = [courier.post("/x", {"q": number}) for number in range(30)]
        assert [one.result(60) for one in found] == [{"a": 1}] * 30
        assert server.connections == 30


def test_numbers_that_are_none_are_read_and_nonsense_is_not() -> None:
    with asked(HEAD + b"Content-Length: 10\r\n\r\n[NaN, 1.5]") as (_, courier):
        nan, number = courier.get("/x").result(60)
        assert nan != nan
        assert number == 1.5
    with (
        asked(HEAD + b"Content-Length: 3\r\n\r\nhi!") as (_, courier),
        pytest.raises(Broken, match="no JSON"),
    ):
        courier.get("/x").result(60)


def test_what_it_says_of_itself() -> None:
    with asked(HEAD + b"Content-Length: 2\r\n\r\n{}", key="sesame", path="/models/v1") as (server, courier):
        courier.post("/v1/completions", {"q": 1}).result(60)
    first, *lines = server.heads[0].decode().split("\r\n")
    assert first == "POST /models/v1/completions HTTP/1.1"
    assert "Authorization: Bearer sesame" in lines
    assert f"Host: 127.0.0.1:{server.port}" in lines
    assert "Content-Length: 7" in lines


def test_addresses() -> None:
    assert (Address.of("http://a.example").host, Address.of("http://a.example").port) == ("a.example", 80)
    assert Address.of("https://a.example").port == 443
    assert "Host: [::1]:9\r\n" in Address.of("http://[::1]:9/v1/").head
    assert "Authorization: Basic YW5uOmE6Yg==\r\n" in Address.of("http://ann:a%3Ab@a.example").head
    assert "Authorization" not in Address.of("http://a.example").head
    assert Address.of("http://a.example/under/v1/").prefix == "/under"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid", "http://a..b"])
def test_where_nobody_is_nobody_answers(url: str) -> None:
    courier = Courier(url)
    with pytest.raises(Away):
        courier.get("/x").result(60)
    courier.close()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


def test_a_secure_server_is_one_whose_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate(tmp_path)
    said = HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}'
    untrusted = pytest.raises(Away, match="CERTIFICATE_VERIFY_FAILED")
    with asked(said, said, scheme="https", secure=context) as (_, courier), untrusted:
        courier.get("/x").result(60)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with asked(said, said, scheme="https", secure=context) as (_, courier):
        assert courier.get("/x").result(60) == {"a": 1}
        assert courier.post("/x", {"q": 1}).result(60) == {"a": 1}
