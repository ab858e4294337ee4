"""The tokens that end an answer, from everywhere that a model may name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError

from generation.text.conversation import chat_template

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_PROBE = "Fine"


def end_ids(tokenizer: PreTrainedTokenizerBase, *configs: Any) -> frozenset[int]:
    """All end-of-sequence ids: of the configurations given (the model's, the generation's; None is fine),
    of the tokenizer, and the token with which the chat template ends an assistant's turn.
    """
    found: set[int] = set()
    for config in configs:
        found |= _ids(getattr(config, "eos_token_id", None))
        found |= _ids(getattr(getattr(config, "text_config", None), "eos_token_id", None))
    found |= _ids(tokenizer.eos_token_id)
    turn = _end_of_turn(tokenizer)
    return frozenset(found if turn is None else found | {turn})


def _ids(value: Any) -> set[int]:
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return {entry for entry in values if type(entry) is int and entry >= 0}


def _end_of_turn(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """The added token that follows an assistant's text at once in a rendered conversation."""
    if chat_template(tokenizer) is None:
        return None
    turns = [{"role": "user", "content": "How are you?"}, {"role": "assistant", "content": _PROBE}]
    try:
        rendered = str(tokenizer.apply_chat_template(turns, tokenize=False))
    except (TemplateError, TypeError, ValueError):
        return None
    tail = rendered.rpartition(_PROBE)[2].lstrip()
    names = {e.content: int(i) for i, e in tokenizer.added_tokens_decoder.items() if e.content.strip()}
    following = [name for name in names if tail.startswith(name) and names[name] != tokenizer.bos_token_id]
    return names[max(following, key=len)] if following else None
