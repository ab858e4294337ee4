"""How one kind of server is asked. Another kind is a file like `vllm.py`, and lines in `connecting.py`."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from generation.engine.remote.told import Answer, Question


class Dialect(Protocol):
    """Pure: builds bodies and reads answers, sends nothing."""

    @property
    def name(self) -> str:
        """Of the server's program."""

    @property
    def path(self) -> str:
        """Where a question is posted."""

    @property
    def sees(self) -> bool:
        """Whether answers hold hidden states, if asked for."""

    def body(self, question: Question) -> dict[str, Any]:
        """The question as JSON."""

    def read(self, said: Any, question: Question) -> Answer:
        """What came back. Raises a Failure, or what Python raises for keys and types that aren't there."""


def cache_name(owner: str) -> str:
    """Under which the server keeps an owner's prefixes, so that nobody learns what others asked from how
    much of it was there already."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32] if owner else ""
