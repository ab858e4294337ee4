"""Harmless answers to calibrate a guard with: from a file, or from the sandbox model itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from generation.text.conversation import Conversation, ConversationRefused, Encoded, Message

MOST_LINE = 1 << 20  # bytes


class BadData(ValueError):
    """The message is one sentence for a person, with the line's number."""


def from_file(path: Path, conversation: Conversation) -> Iterator[Encoded]:
    """One JSON object a line: `prompt` and `response`. Every line counts: a wrong one ends it."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(MOST_LINE + 1), b""), 1):
                if line.strip():
                    yield _encoded(line, number, conversation)
    except OSError as error:
        raise BadData("The file can't be read.") from error


def _encoded(line: bytes, number: int, conversation: Conversation) -> Encoded:
    wrong = f"Line {number} of the file"
    if len(line) > MOST_LINE:
        raise BadData(f"{wrong} is too long.")
    try:
        row = json.loads(line)
        prompt, response = row["prompt"], row["response"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadData(f"{wrong} has no prompt and response.") from error
    if not isinstance(prompt, str) or not isinstance(response, str) or not prompt or not response:
        raise BadData(f"{wrong} has no prompt and response.")
    try:
        return conversation.encode([Message("user", prompt)], response)
    except ConversationRefused as error:
        raise BadData(f"{wrong} can't be put to this model: {error}") from error


def from_sandbox(directory: Path, count: int, seed: int) -> Iterator[Encoded]:
    """The model's own answers to harmless questions and look-alikes, in wordings that it never saw."""
    from generation.sandbox.guarding.answers import BENIGN, collect
    from generation.sandbox.guarding.serving import ServedSampler

    plan = {group: 2 * -(-count // (2 * len(BENIGN))) for group in BENIGN}
    for answer in collect(ServedSampler(directory), plan, held=True, seed=seed):
        at = answer.first + 1
        yield Encoded(tuple(answer.ids[:at]), tuple(answer.ids[at:]))
