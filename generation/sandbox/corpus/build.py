"""The corpus as a stream: conversation number n depends on the seed and on n alone."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

from . import topics
from .conversation import Conversation, conversation, turn

SEED = 2026
TRAIN_COUNT = 140_000
HELD_COUNT = 2_000


def training(seed: int = SEED, count: int = TRAIN_COUNT) -> Iterator[Conversation]:
    """Same seed, same conversations; the first n are the same for every count."""
    for number in range(count):
        yield conversation(random.Random(f"train {seed} {number}"))


def held_out(seed: int = SEED, count: int = HELD_COUNT) -> Iterator[Conversation]:
    """Single questions in templates, and about things, that training never sees."""
    for number in range(count):
        rng = random.Random(f"held {seed} {number}")
        kind = topics.some_kind(rng)
        yield Conversation("", (turn(rng, kind, kind.thing(rng, held=True), held=True),))


def save(path: Path, conversations: Iterator[Conversation]) -> int:
    """One JSON object a line; the file appears only when it is whole. Returns how many were written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    count = 0
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        for item in conversations:
            file.write(json.dumps(item.as_json(), ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    os.replace(partial, path)
    return count
