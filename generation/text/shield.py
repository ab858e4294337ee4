"""Keeps what people write from becoming control tokens: a typed `<|im_end|>` is ten characters of text.

Texts are *marked* before the chat template sees them: a mark between the characters of each control token
that they hold. What is then still a control token in the rendered conversation was written by the template.
A twin of the tokenizer knows the control tokens only by private names, unguessable and new in every process,
so it encodes the rest of the very same string, in one piece, as plain text.
"""

from __future__ import annotations

import json
import re
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BRACKETED = re.compile(r"[^\w\s].+[^\w\s]")


class Shield:
    """Encodes rendered conversations.

    Guarantees: no control token in a marked text becomes a control token; where no text held any, the ids
    are exactly the tokenizer's own.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, template: str) -> None:
        self._tokenizer = tokenizer
        added = {int(token): entry for token, entry in tokenizer.added_tokens_decoder.items()}
        special = [e.content for e in added.values() if e.special and not e.content.isspace()]
        # A template's ordinary added tokens (DeepSeek's ‹User›, say) open and close turns as well. Answers
        # may hold them (‹think›): only in what users and systems say are they text.
        written = [
            e.content for e in added.values() if _BRACKETED.fullmatch(e.content) and e.content in template
        ]
        self._ids = {e.content: token for token, e in added.items() if e.content in {*special, *written}}
        self._ids = {name: token for name, token in self._ids.items() if not name.isspace()}
        self._special = _any_of(special)
        self._control = _any_of(list(self._ids))
        # Such tokens are also found in other spellings (letters' case, width), which no mark tells.
        self._always = any(e.normalized for e in added.values() if e.content in self._ids)
        nonce = secrets.token_hex(8)
        self._mark = f"\U00100000{nonce}\U00100001"
        self._private = {name: f"\U00100002{nonce}{i}\U00100003" for i, name in enumerate(self._ids)}

    def mark(self, text: str, *, answer: bool = False) -> str:
        """The text as the template may see it. `answer`: only special tokens are marked."""
        pattern = self._special if answer else self._control
        return pattern.sub(lambda found: self._mark.join([*found[0], ""]), text)

    def encode(self, rendered: str) -> list[int]:
        """The ids of a text with marks in it; no token is added."""
        if self._mark not in rendered and not self._always:
            return _encode(self._tokenizer, rendered, split=False)
        parts = self._control.split(rendered)  # text, control token, text, …
        parts[::2] = [part.replace(self._mark, "") for part in parts[::2]]
        if self._twin is not None:
            parts[1::2] = [self._private[name] for name in parts[1::2]]
            return list(self._twin.encode("".join(parts), add_special_tokens=False).ids)
        ids: list[int] = []
        for i, part in enumerate(parts):
            ids += [self._ids[part]] if i % 2 else _encode(self._tokenizer, part, split=True) if part else []
        return ids

    @cached_property
    def _twin(self) -> Tokenizer | None:
        """Made for the first hostile text: about a second for 150,000 tokens. None for a slow tokenizer."""
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        if backend is None:
            return None
        twin = Tokenizer.from_str(json.dumps(self._renamed(json.loads(backend.to_str()))))
        same = all(twin.token_to_id(self._private[name]) == token for name, token in self._ids.items())
        return twin if same else None

    def _renamed(self, description: dict[str, Any]) -> dict[str, Any]:
        private, model = self._private, description["model"]
        for entry in description["added_tokens"]:
            if entry["content"] in private:
                entry |= {"content": private[entry["content"]], "normalized": False}
        vocabulary = model["vocab"]
        if isinstance(vocabulary, dict):
            model["vocab"] = {private.get(name, name): token for name, token in vocabulary.items()}
        else:
            model["vocab"] = [[private.get(name, name), score] for name, score in vocabulary]
        if model.get("unk_token") in private:
            model["unk_token"] = private[model["unk_token"]]
        if "merges" in model:
            pairs = [m.split(" ") if isinstance(m, str) else m for m in model["merges"]]
            model["merges"] = [m for m in pairs if not private.keys() & {*m, "".join(m)}]
        return description | {"post_processor": None, "truncation": None, "padding": None}


def _any_of(names: list[str]) -> re.Pattern[str]:
    longest_first = sorted(set(names), key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")" if names else "((?!))")


def _encode(tokenizer: PreTrainedTokenizerBase, text: str, *, split: bool) -> list[int]:
    kind: dict[str, Any] = {"split_special_tokens": True} if split else {}
    return [
        int(token) for token in tokenizer(text, add_special_tokens=False, verbose=False, **kind)["input_ids"]
    ]
