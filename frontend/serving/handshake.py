"""The opening of a socket, before the application sees it."""

from typing import Final
from urllib.parse import urlsplit

from daphne.ws_protocol import WebSocketProtocol

NOBODY: Final = b"origin: null"
"""What browsers send for a page whose origin they don't tell: it is never ours."""


class Handshake(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """An `Origin` that can't be read is nobody's: the application closes the socket with its code.

    Autobahn would answer with an error of HTTP, of which a page sees only 1006.
    """

    data: bytes  # what came of the request

    def processHandshake(self) -> None:
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if end:
            self.data = b"\r\n".join(map(_readable, head.split(b"\r\n"))) + end + rest
        super().processHandshake()


def _readable(line: bytes) -> bytes:
    name, _, value = line.partition(b":")
    if name.strip().lower() != b"origin":
        return line
    try:
        parts = urlsplit(value.strip().decode("latin-1"))
        return line if parts.hostname and parts.port != 0 else NOBODY
    except ValueError:
        return NOBODY
