"""What is said about a policy that can't be."""

from __future__ import annotations


class SpecBroken(ValueError):
    """`field` is what is wrong, as a path (`ladder.0.kind`); the message is one sentence for a person."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}" if field else sentence)
        self.field = field


class Looser(ValueError):
    """A user asked for a line that is above the policy's."""
