"""A Hugging Face hub of our own under the real client: only the wire is replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from huggingface_hub import constants, set_client_factory
from huggingface_hub.utils import _http

COMMIT = "c0ffee" + "0" * 34
Answer = Callable[[httpx2.Request], httpx2.Response]


@contextmanager
def hub_that_answers(answer: Answer, cache: Path) -> Iterator[None]:
    """The hub's client gets its answers from `answer` and keeps its files under `cache`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_CACHE", str(cache))
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        patch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        # The client waits between its tries; what it does after them is what counts here.
        patch.setattr(_http, "time", SimpleNamespace(sleep=lambda seconds: None))
        set_client_factory(
            lambda: httpx2.Client(transport=httpx2.MockTransport(answer), follow_redirects=True)
        )
        try:
            yield
        finally:
            set_client_factory(_http.default_client_factory)


def refusal(status: int, code: str = "", message: str = "") -> Answer:
    """A hub that answers every request so; `code` as the real one writes it into X-Error-Code."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        headers = {"X-Error-Code": code, "X-Error-Message": message} if code or message else {}
        return httpx2.Response(status, headers=headers, request=request)

    return answer


def nobody(request: httpx2.Request) -> httpx2.Response:
    """A hub that can't be reached."""
    raise httpx2.ConnectError("Name or service not known", request=request)


class Hub:
    """Serves one directory as the model `name`; `gated` refuses its files, as for a licence not accepted."""

    def __init__(self, name: str, folder: Path, *, gated: bool = False) -> None:
        self.name = name
        self.gated = gated
        self.files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        self.fetched: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path.startswith(f"/api/models/{self.name}/tree/"):
            return httpx2.Response(200, json=[self._entry(file) for file in self.files], request=request)
        if path.startswith(f"/api/models/{self.name}"):
            if not path.endswith(("/main", COMMIT)):
                return refusal(404, "RevisionNotFound")(request)
            return httpx2.Response(200, json={"id": self.name, "sha": COMMIT}, request=request)
        file = path.removeprefix(f"/{self.name}/resolve/{COMMIT}/")
        if file not in self.files:
            return refusal(404, "RepoNotFound")(request)
        if self.gated:
            return refusal(403, "GatedRepo")(request)
        if request.method == "GET":
            self.fetched.append(file)
        body = self.files[file]
        headers = {
            "ETag": f'"{self._entry(file)["oid"]}"',
            "X-Repo-Commit": COMMIT,
            "Content-Length": str(len(body)),
        }
        return httpx2.Response(
            200, headers=headers, content=body if request.method == "GET" else b"", request=request
        )

    def _entry(self, file: str) -> dict[str, object]:
        body = self.files[file]
        return {"type": "file", "path": file, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}  # noqa: S324
