"""Builds the piece table from a Hugging Face tokenizer, once, when a model is loaded."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from generation.text.pieces import Pieces
from generation.text.rules import Rules, read_rules

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def build_pieces(tokenizer: PreTrainedTokenizerBase, size: int = 0) -> Pieces:
    """The table of `tokenizer`, at least `size` ids long (the model's own vocabulary size).

    A fast tokenizer's decoder is read and applied (150,000 tokens take about half a second); for anything
    else each id is decoded behind another one, which is slower, and exact as far as single ids tell.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        description = None if backend.decoder is None else json.loads(backend.decoder.__getstate__())
        rules = read_rules(description)
        if rules is not None:
            return _by_rules(tokenizer, backend, rules, size)
    return _by_decoding(tokenizer, size)


def _special_names(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    added = getattr(tokenizer, "added_tokens_decoder", {})
    names = {int(token): entry.content for token, entry in added.items() if entry.special}
    for token in tokenizer.all_special_ids:
        if token is not None and token not in names:
            names[token] = str(tokenizer.convert_ids_to_tokens(token))
    return names


def _by_rules(tokenizer: PreTrainedTokenizerBase, backend: Any, rules: Rules, size: int) -> Pieces:
    names: dict[int, str] = {token: name for name, token in backend.get_vocab(False).items()}
    names |= {token: entry.content for token, entry in backend.get_added_tokens_decoder().items()}
    size = max(size, max(names, default=-1) + 1)
    special = _special_names(tokenizer)
    table = [b""] * size
    first: dict[int, bytes] = {}
    for token, name in names.items():
        table[token] = rules.write(name, first=False)
        if rules.by_place and token not in special:
            opening = rules.write(name, first=True)
            if opening != table[token]:
                first[token] = opening
    missing = frozenset(range(size)) - names.keys()
    return Pieces(table, special=special, missing=missing, first=first, start=rules.start)


def _by_decoding(tokenizer: PreTrainedTokenizerBase, size: int) -> Pieces:
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    names = {token: name for name, token in vocabulary.items()}
    size = max(size, max(names, default=-1) + 1)
    special = _special_names(tokenizer)
    anchor = _anchor(tokenizer, names, special)
    table = [b""] * size
    first: dict[int, bytes] = {}
    for token, name in names.items():
        if token in special:
            continue
        alone = _decode(tokenizer, [token])
        behind = alone if anchor is None else _decode(tokenizer, [anchor[0], token]).removeprefix(anchor[1])
        byte = _byte_of(name) if "\ufffd" in alone + behind or not alone + behind else None
        if byte is not None:
            table[token] = byte
            continue
        table[token] = _meant(behind, name)
        if (opening := _meant(alone, name)) != table[token]:
            first[token] = opening
    missing = frozenset(range(size)) - names.keys()
    return Pieces(table, special=special, missing=missing, first=first)


def _decode(tokenizer: PreTrainedTokenizerBase, tokens: list[int]) -> str:
    return str(tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def _anchor(
    tokenizer: PreTrainedTokenizerBase, names: dict[int, str], special: dict[int, str]
) -> tuple[int, str] | None:
    """A plain token to decode others behind, and its text."""
    for token in sorted(names):
        if token not in special and (text := _decode(tokenizer, [token])).isalnum() and text.isascii():
            return token, text
    return None


def _byte_of(name: str) -> bytes | None:
    """The byte that a token stands for which is no text on its own."""
    if byte := _BYTE_TOKEN.fullmatch(name):
        return bytes.fromhex(byte[1])
    return bytes([ord(name)]) if len(name) == 1 and ord(name) < 256 else None


def _meant(text: str, name: str) -> bytes:
    """The text without the replacement characters that only the decoding of a single id brought in."""
    return (text if "\ufffd" in name else text.replace("\ufffd", "")).encode("utf-8", "ignore")
