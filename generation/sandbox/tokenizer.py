"""The sandbox's tokenizer: byte-level BPE of about 4,000 tokens, with a chat template.

Merges are learnt from plain ASCII only, so every accent and every emoji takes several tokens and split
characters are met every day.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

START, END, PAD = "<|im_start|>", "<|im_end|>", "<|pad|>"
VOCABULARY = 4096
CONTEXT = 1024
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _ascii(text: str) -> str:
    return "".join(sign if sign.isascii() else " " for sign in text)


def learn(texts: Iterable[str], size: int = VOCABULARY) -> Tokenizer:
    """Learn the merges. The same texts give the same tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((_ascii(text) for text in texts), trainer)
    return tokenizer


def wrap(tokenizer: Tokenizer) -> Any:
    """The tokenizer as Hugging Face's own kind, with the chat template."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[START],
        model_max_length=CONTEXT,
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def number(tokenizer: Tokenizer, token: str) -> int:
    """The id of a token that must be there."""
    found: int | None = tokenizer.token_to_id(token)
    if found is None:
        raise ValueError(f"The tokenizer has no token {token!r}.")
    return found


def read(directory: Path) -> Tokenizer:
    return Tokenizer.from_file(str(directory / "tokenizer.json"))
