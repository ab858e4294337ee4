"""What no page may ever do: complain on the console, break its policy, ask another host."""

import re

from playwright.sync_api import ConsoleMessage, Error, Page, Request, WebSocket

STATUS = re.compile(r"the server responded with a status of (\d+)")


class Watch:
    def __init__(self, page: Page, origin: str) -> None:
        self.complaints: list[str] = []
        self.statuses: set[int] = set()
        self.words: list[str] = []
        self.origin = origin
        page.on("console", self._console)
        page.on("pageerror", self._page_error)
        page.on("request", self._request)
        page.on("requestfailed", self._request_failed)
        page.on("websocket", self._websocket)

    def expect_status(self, status: int) -> None:
        """A page that answers with this status is part of the story; the browser's note of it is no fault."""
        self.statuses.add(status)

    def expect_console(self, words: str) -> None:
        """What a library of others notes of a failure that is part of the story."""
        self.words.append(words)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium reports a violated Content-Security-Policy here too, as an error.
        if message.type not in ("error", "warning"):
            return
        if any(words in message.text for words in self.words):
            return
        answered = STATUS.search(message.text)
        if answered is None or int(answered.group(1)) not in self.statuses:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _page_error(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")

    def _request(self, request: Request) -> None:
        self._same_host(request.url)

    def _websocket(self, socket: WebSocket) -> None:
        self._same_host(socket.url.replace("ws", "http", 1))

    def _same_host(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.complaints.append(f"asked another host: {url}")

    def _request_failed(self, request: Request) -> None:
        # A request that the next page cuts short is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} ({request.failure})")
