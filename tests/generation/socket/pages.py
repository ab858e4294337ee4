"""The site's pages as a person uses them from a browser: cookies kept, every form sent as it stands."""

from __future__ import annotations

import re
from html import unescape
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests import patience

FIELD = re.compile(r"<input\b[^>]*>")
ATTRIBUTE = re.compile(r'(name|value|type)="([^"]*)"')


class Pages:
    def __init__(self, url: str) -> None:
        self.url = url
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar))

    @property
    def session(self) -> str:
        return next(cookie.value or "" for cookie in self._jar if cookie.name == "safelens_session")

    def get(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=patience.SECONDS) as response:
            page: str = response.read().decode()
            return page

    def send(self, path: str, **values: str) -> str:
        """Posts the form of this page with its hidden fields and with what is typed."""
        body = urlencode(_hidden(self.get(path)) | values).encode()
        request = Request(self.url + path, body, {"Referer": self.url + path})  # noqa: S310 (our own site)
        with self._opener.open(request, timeout=patience.SECONDS) as response:
            page: str = response.read().decode()
            return page

    def log_in(self, name: str, password: str) -> None:
        self.send("/accounts/login/", login=name, password=password)
        assert self.session


def _hidden(page: str) -> dict[str, str]:
    fields = [dict(ATTRIBUTE.findall(field)) for field in FIELD.findall(page)]
    return {
        field["name"]: unescape(field.get("value", ""))
        for field in fields
        if field.get("type") == "hidden" and "name" in field
    }
