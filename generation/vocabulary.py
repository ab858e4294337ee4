"""The stored piece tables: a study stays readable when its model is gone."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from generation.models import Vocabulary
from generation.text.blob import from_blob, to_blob
from generation.text.pieces import Pieces

MOST = 8  # that are kept at hand

_recent: dict[str, Pieces] = {}
_changing = Lock()


def keep(fingerprint: str, model: str, pieces: Pieces) -> None:
    """Once for each model; by the engine, before its first run."""
    if not Vocabulary.objects.filter(fingerprint=fingerprint).exists():
        row = Vocabulary(fingerprint=fingerprint, model=model, pieces=to_blob(pieces))
        Vocabulary.objects.bulk_create([row], ignore_conflicts=True)


def visible(fingerprint: str) -> Callable[[int], str]:
    """The visible text of an id; of a vocabulary that isn't here, its number."""
    pieces = pieces_of(fingerprint)
    return "<id {}>".format if pieces is None else pieces.visible


def at_hand(fingerprint: str) -> Callable[[int], str] | None:
    """The same without a question to the database; None where that would take one."""
    found = _recent.get(fingerprint)
    return None if found is None else found.visible


def pieces_of(fingerprint: str) -> Pieces | None:
    found = _recent.get(fingerprint)
    if found is None:
        row = Vocabulary.objects.filter(fingerprint=fingerprint).first()
        if row is None:
            return None
        found = from_blob(bytes(row.pieces))
        with _changing:
            if len(_recent) >= MOST:
                del _recent[next(iter(_recent))]
            _recent[fingerprint] = found
    return found
