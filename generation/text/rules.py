"""A fast tokenizer's decoder, read from its own description and applied to single tokens.

The decoders of the `tokenizers` library work on a whole list of tokens. What they do to one token depends
only on whether it is the first, and on spaces at both ends of the text, which is what a table can hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from generation.text.pieces import Start

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")

Change = Callable[[str, bool], str | bytes]  # a token, and whether it is the first → what it writes


class Rules(NamedTuple):
    changes: tuple[Change, ...]
    start: Start
    by_place: bool  # whether the first token may write something else than later ones

    def write(self, token: str, *, first: bool) -> bytes:
        """What the token writes."""
        for change in self.changes:
            changed = change(token, first)
            if isinstance(changed, bytes):
                return changed
            token = changed
        return token.encode("utf-8", "ignore")


def read_rules(decoder: dict[str, Any] | None) -> Rules | None:
    """The rules of a decoder's description; None for one whose work no table can hold."""
    if decoder is None:  # tokens are joined by spaces
        return Rules((lambda token, first: token if first else " " + token,), Start(), True)
    changes: list[Change] = []
    strip, hold, by_place, fused, in_bytes = 0, False, False, False, False
    for part in _parts(decoder):
        kind = part["type"]
        if kind == "Fuse":
            fused = True
        elif kind == "Strip" and fused:
            if part["content"] != " " or part["stop"]:
                return None
            strip += part["start"]
        elif in_bytes or (fused and kind != "Replace"):
            return None
        elif kind == "Replace":
            pattern = part["pattern"].get("String")
            if not pattern or (fused and len(pattern) > 1):  # it could match across tokens
                return None
            changes.append(_replace(pattern, part["content"]))
        elif kind == "Strip":
            changes.append(_strip(part["content"], part["start"], part["stop"]))
        elif kind == "ByteFallback":
            changes.append(_byte_fallback)
        elif kind == "ByteLevel":
            changes.append(_byte_level)
            in_bytes = True
        elif kind == "Metaspace":
            changes.append(_metaspace(part["replacement"], part.get("prepend_scheme", "always")))
            by_place = True
        elif kind == "WordPiece":
            changes.append(_word_piece(part["prefix"], part["cleanup"]))
            by_place = True
        elif kind == "BPEDecoder":
            changes.append(_replace(part["suffix"], " "))
            hold = True
        else:
            return None
    return Rules(tuple(changes), Start(strip, hold), by_place)


def _parts(decoder: dict[str, Any]) -> list[dict[str, Any]]:
    if decoder["type"] != "Sequence":
        return [decoder]
    return [part for inner in decoder["decoders"] for part in _parts(inner)]


def _replace(pattern: str, content: str) -> Change:
    return lambda token, first: token.replace(pattern, content)


def _strip(content: str, start: int, stop: int) -> Change:
    def change(token: str, first: bool) -> str:
        left, right = 0, len(token)
        while left < min(start, right) and token[left] == content:
            left += 1
        while right > left and len(token) - right < stop and token[right - 1] == content:
            right -= 1
        return token[left:right]

    return change


def _byte_fallback(token: str, first: bool) -> str | bytes:
    byte = _BYTE_TOKEN.fullmatch(token)
    return bytes.fromhex(byte[1]) if byte else token


def _metaspace(mark: str, scheme: str) -> Change:
    def change(token: str, first: bool) -> str:
        return token.replace(mark, "" if first and scheme != "never" else " ")

    return change


# What WordPiece's clean-up takes for natural English.
_CLEAN_UP = (
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
)


def _word_piece(prefix: str, cleanup: bool) -> Change:
    def change(token: str, first: bool) -> str:
        if not first:
            token = token.removeprefix(prefix) if token.startswith(prefix) else " " + token
        if cleanup:
            for found, better in _CLEAN_UP:
                token = token.replace(found, better)
        return token

    return change


def _byte_alphabet() -> dict[str, int]:
    """Byte-level vocabularies write each byte as one printable character: itself, or one from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    shifted = {chr(0x100 + i): byte for i, byte in enumerate(others)}
    return {chr(byte): byte for byte in printable} | shifted


_BYTES = _byte_alphabet()
_TO_LATIN = str.maketrans({char: chr(byte) for char, byte in _BYTES.items()})
_ALL_BYTES = re.compile("[" + re.escape("".join(_BYTES)) + "]*")


def _byte_level(token: str, first: bool) -> bytes:
    if _ALL_BYTES.fullmatch(token):
        return token.translate(_TO_LATIN).encode("latin-1")
    return token.encode("utf-8", "ignore")  # an added token is written as it is
