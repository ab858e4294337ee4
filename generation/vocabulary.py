"""The stored piece tables: a study stays readable when its model is gone."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from generation.models import Vocabulary
from generation.text.blob import from_blob, to_blob
from generation.text.pieces import Pieces


def keep(fingerprint: str, model: str, pieces: Pieces) -> None:
    """Once for each model; by the engine, before its first run."""
    if not Vocabulary.objects.filter(fingerprint=fingerprint).exists():
        row = Vocabulary(fingerprint=fingerprint, model=model, pieces=to_blob(pieces))
        Vocabulary.objects.bulk_create([row], ignore_conflicts=True)


def visible(fingerprint: str) -> Callable[[int], str]:
    """The visible text of an id; of a vocabulary that isn't here, its number."""
    pieces = pieces_of(fingerprint)
    return "<id {}>".format if pieces is None else pieces.visible


def pieces_of(fingerprint: str) -> Pieces | None:
    try:
        return _loaded(fingerprint)
    except Vocabulary.DoesNotExist:
        return None


@lru_cache(maxsize=8)
def _loaded(fingerprint: str) -> Pieces:
    return from_blob(bytes(Vocabulary.objects.get(fingerprint=fingerprint).pieces))
