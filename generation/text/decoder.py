"""Token ids to text, one by one, each character as soon as it is whole."""

from __future__ import annotations

from codecs import utf_8_decode
from typing import NamedTuple

from generation.text.pieces import Pieces


class State(NamedTuple):
    """Where a decoder stands; immutable, so a branch can start from it."""

    pending: bytes  # an incomplete character, or a space that only a next token releases
    begun: bool  # whether a token has written already
    strip: int  # leading spaces still to be dropped


class Decoder:
    """The text of one run, token by token.

    Guarantees: what `feed` gives, concatenated, is always valid text, equals the tokenizer's own decode of
    the same ids (special tokens skipped) wherever that is valid, and holds U+FFFD only where a token means
    it: invalid bytes, and a character that the ids leave incomplete, are dropped. Only what was fed decides,
    so feeding the same ids again rebuilds the same state.
    """

    __slots__ = ("_begun", "_pending", "_pieces", "_strip")

    def __init__(self, pieces: Pieces, *, continues: bool = False) -> None:
        """`continues`: the ids go on from an earlier text, so a leading space belongs to them."""
        self._pieces = pieces
        self._pending = b""
        self._begun = continues
        self._strip = 0 if continues else pieces.start.strip

    def feed(self, token: int) -> str:
        """The text that is whole now; empty while a character is incomplete and for special tokens."""
        pieces = self._pieces
        if pieces.is_silent(token):
            return ""
        piece = pieces.bytes_of(token)
        if not self._begun:
            self._begun = True
            piece = pieces.first.get(token, piece)
        if self._strip and piece:
            piece = self._stripped(piece)
        data = self._pending + piece
        if pieces.start.hold and data.endswith(b" "):
            text, taken = utf_8_decode(data[:-1], "ignore", False)
        else:
            text, taken = utf_8_decode(data, "ignore", False)
        self._pending = data[taken:]
        return text

    def _stripped(self, piece: bytes) -> bytes:
        while self._strip and piece.startswith(b" "):
            piece = piece[1:]
            self._strip -= 1
        if piece:
            self._strip = 0
        return piece

    def close(self) -> str:
        """Ends the text: an incomplete rest is no text, so there is never any left to give."""
        self._pending = b""
        return ""

    def snapshot(self) -> State:
        return State(self._pending, self._begun, self._strip)

    def restore(self, state: State) -> None:
        self._pending, self._begun, self._strip = state

    def copy(self) -> Decoder:
        """An independent decoder at the same place, for a branch."""
        twin = Decoder(self._pieces)
        twin.restore(self.snapshot())
        return twin
