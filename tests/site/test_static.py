import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from safelens_site.static import StaticFiles

pytestmark = pytest.mark.once

Answer = tuple[int, dict[str, str], bytes]


async def _ask(root: Path, path: str, method: str, headers: dict[str, str]) -> Answer:
    sent: list[dict[str, Any]] = []

    async def other(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"not a file"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    with override_settings(STATIC_ROOT=root):
        files = StaticFiles(other)
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await files({"type": "http", "path": path, "method": method, "headers": raw}, receive, send)
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], names, sent[1]["body"]


def ask(root: Path, path: str, method: str = "GET", **headers: str) -> Answer:
    return asyncio.run(_ask(root, path, method, headers))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("body {}")
    (tmp_path / "static" / "site.0123456789ab.css").write_text("body {}")
    (tmp_path / "secret").write_text("secret")
    return tmp_path / "static"


def test_a_file_comes_from_disk(root: Path) -> None:
    status, headers, body = ask(root, "/static/site.css")
    assert (status, body) == (200, b"body {}")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"].startswith("text/css")


def test_a_hashed_file_is_kept_for_ever(root: Path) -> None:
    _, headers, _ = ask(root, "/static/site.0123456789ab.css")
    assert "immutable" in headers["cache-control"]
    _, headers, _ = ask(root, "/static/site.css")
    assert "immutable" not in headers["cache-control"]


def test_an_unchanged_file_is_not_sent_again(root: Path) -> None:
    _, headers, _ = ask(root, "/static/site.css")
    status, _, body = ask(root, "/static/site.css", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


def test_head_sends_no_body(root: Path) -> None:
    status, _, body = ask(root, "/static/site.css", method="HEAD")
    assert (status, body) == (200, b"")


def test_post_is_refused(root: Path) -> None:
    assert (ask(root, "/static/site.css", method="POST"))[0] == 405


@pytest.mark.parametrize("path", ["/", "/static/", "/static/../secret", "/static/nothing.css", "/static/\0"])
def test_anything_else_goes_on_to_the_site(root: Path, path: str) -> None:
    assert (ask(root, path))[0] == 418
