"""What every token id writes: bytes for the text, and a visible form for lists of alternatives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

# What visible forms of bytes and of unnamed ids look like. A piece whose own text looks so is shown in
# bytes, so that nothing written in a vocabulary can pass for something else.
_RESERVED = re.compile(r"<(?:[0-9A-F]{2}(?: [0-9A-F]{2})*|id -?\d+|special .*)>", re.DOTALL)


class Start(NamedTuple):
    """What a tokenizer's own decode does at the beginning of a text, and at its end."""

    strip: int = 0  # so many leading spaces of the whole text are dropped
    hold: bool = False  # a space that ends the text is dropped


class _Shown(dict[int, str]):
    """Made when it is first asked for; from then on a look-up runs no Python: a step asks for some thirty."""

    def __init__(self, show: Callable[[int], str]) -> None:
        super().__init__()
        self._show = show

    def __missing__(self, token: int) -> str:
        shown = self[token] = self._show(token)
        return shown


class Pieces:
    """The table of a tokenizer: token id → bytes.

    `visible(token)` is the token as a list of alternatives shows it: its text, `<E2 80>`, or a special
    token's name. It is valid text, and two ids that write different bytes, or of which one is special, look
    different. Ids outside the table are no error: they write nothing, and their number is shown.
    """

    def __init__(
        self,
        pieces: Sequence[bytes],
        *,
        special: Mapping[int, str] | None = None,
        missing: frozenset[int] = frozenset(),
        first: Mapping[int, bytes] | None = None,
        start: Start | None = None,
    ) -> None:
        """`special`: id → name; they write nothing. `missing`: ids of no token at all.

        `first`: what an id writes where it is the first of a text, if that differs.
        """
        self.special: dict[int, str] = dict(special or {})
        self.missing = missing
        self.first: dict[int, bytes] = dict(first or {})
        self.start = start or Start()
        self._bytes = [b"" if i in self.special or i in missing else piece for i, piece in enumerate(pieces)]
        self._names = frozenset(self.special.values())
        self.visible: Callable[[int], str] = _Shown(self._show).__getitem__

    def __len__(self) -> int:
        return len(self._bytes)

    def bytes_of(self, token: int) -> bytes:
        """What the token adds to a text in which it isn't the first; nothing for special and unknown ids."""
        return self._bytes[token] if 0 <= token < len(self._bytes) else b""

    def is_special(self, token: int) -> bool:
        return token in self.special

    def is_silent(self, token: int) -> bool:
        """Whether decoding skips the id altogether: special tokens, and ids of no token."""
        return token in self.special or token in self.missing or not 0 <= token < len(self._bytes)

    def _show(self, token: int) -> str:
        if not 0 <= token < len(self._bytes):
            return f"<id {token}>"
        name = self.special.get(token)
        if name is not None:
            return f"<special {name}>" if _RESERVED.search(name) else name
        piece = self._bytes[token]
        if not piece:
            return f"<id {token}>"
        text = piece.decode("utf-8", "ignore")
        if _RESERVED.search(text) or text in self._names:
            return _hex(piece)
        return text if len(text.encode()) == len(piece) else _mixed(piece)


def _hex(piece: bytes) -> str:
    return f"<{piece.hex(' ').upper()}>"


def _mixed(piece: bytes) -> str:
    """The valid parts as text, the invalid ones in between as bytes."""
    shown: list[str] = []
    invalid = b""
    while piece:
        try:
            text, rest, bad = piece.decode(), b"", b""
        except UnicodeDecodeError as error:
            text, bad, rest = (
                piece[: error.start].decode(),
                piece[error.start : error.end],
                piece[error.end :],
            )
        if text:
            shown += [_hex(invalid), text] if invalid else [text]
            invalid = b""
        invalid += bad
        piece = rest
    return "".join([*shown, _hex(invalid)] if invalid else shown)
