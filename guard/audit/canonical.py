"""One spelling for each value, so that a digest of it can be made again at any time."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

GENESIS = "0" * 64  # what the first entry names as the hash before it


def canonical(value: Any) -> str:
    """JSON in ASCII, keys sorted, no blanks; a number that is none (NaN, infinity) is a `ValueError`."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def link(
    seq: int, at: datetime, kind: str, actor: str, subject: str, body: str, text_digest: str, previous: str
) -> str:
    """The hash of an entry: all that it says, and the hash before it."""
    fields = [seq, at.isoformat(timespec="microseconds"), kind, actor, subject, body, text_digest, previous]
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


def digest(salt: bytes, text: str) -> str:
    """Salted, so that a short text can't be guessed from the chain once its row is erased."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def storable(text: str) -> str:
    """As every database takes it: without NUL, and without halves of emoji."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
