"""What the guards of a model must fit: its weights, its shape and its chat template."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from generation.text.conversation import chat_template
from guard.evidence.artifact import Home

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def home_of(name: str, fingerprint: str, config: Any, tokenizer: PreTrainedTokenizerBase) -> Home:
    """Of a model that is loaded, or of one whose configuration and tokenizer alone are."""
    text = config.get_text_config()
    return Home(
        name=name,
        fingerprint=fingerprint,
        width=int(text.hidden_size),
        layers=int(text.num_hidden_layers),
        chat_template=template_hash(chat_template(tokenizer)),
    )


def template_hash(template: str | None) -> str | None:
    return None if template is None else hashlib.sha256(template.encode()).hexdigest()


def home_at(name: str, token: str | None = None) -> Home:
    """Of a model by its directory or hub name, without loading its weights into memory.

    Raises ModelUnavailable with one sentence, as loading does.
    """
    from transformers import AutoTokenizer

    from generation.engine.loading import hub
    from generation.engine.loading.architecture import read_architecture
    from generation.engine.loading.checkpoint import find_weights, fingerprint
    from generation.engine.loading.unavailable import Kind, ModelUnavailable

    local = hub.local_directory(name)
    directory = local or hub.fetch_description(name, None, token)
    config = read_architecture(directory, name)
    if local is None:
        hub.fetch_weights(name, directory, token)
    mark = fingerprint(directory, find_weights(directory, name), name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # every tokenizer class fails in its own way
        raise ModelUnavailable(Kind.BROKEN, f"The tokenizer of {name} can't be read.") from error
    known_as = name if local is None else local.resolve().name
    return home_of(known_as, mark, config, tokenizer)
