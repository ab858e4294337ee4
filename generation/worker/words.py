"""A guard's words as tokens that go on from what stands of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from generation.served import Served

LOOKED_AT = 8  # tokens back: the newest ones may be silent, or part of a character


class Words:
    """For one run. The same words behind the same tokens are always the same tokens."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def after(self, standing: Sequence[int], text: str) -> tuple[int, ...]:
        """No special token is among them, whatever the text holds. A space joins them to what stands,
        unless one is there already or the answer begins with them."""
        pieces, conversation = self._served.pieces, self._served.conversation
        written = b"".join(
            pieces.bytes_of(token) for token in standing[-LOOKED_AT:] if not pieces.is_silent(token)
        )
        opens = not written and conversation.has_template
        joint = "" if opens or written[-1:].isspace() else " "
        return conversation.encode_text(joint + text, opens=opens)
