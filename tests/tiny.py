"""Small real tokenizers and models, made on the spot: nothing is downloaded, nothing is stored.

`tiny_llama_dir(tmp_path)` writes a complete Hugging Face model directory of about 100 kB.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

# What texts are made of in the tests: emoji of several code points, CJK, accents, combining marks, Arabic.
PIECES_OF_THE_WORLD = "Grüße 🌱👩‍🚀🇫🇷 東京は雨 한국어 é e\u0301 ñ a\u0308\u0323 مرحبا नमस्ते — crème brûlée"

_TEXTS = [
    "Once upon a time there was a little plant that wanted to see the rain.",
    "How often should I water it? Water it twice a week, and a little more in summer.",
    "The weather is fine today, and the planet Mars is red. Café, naïve, déjà vu.",
    "Sure, here is how it is done: first the onions, then the rice. 🌱 is a plant.",
] * 4

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Writes BOS, trims, and knows no system role, as some models' templates do.
STRICT = (
    "{{ bos_token }}{% for message in messages %}{% if message.role == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% elif message.role == 'user' %}"
    "[INST] {{ message.content | trim }} [/INST]{% else %} {{ message.content | trim }}{{ eos_token }}"
    "{% endif %}{% endfor %}"
)

_SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def _special() -> list[AddedToken | str]:
    return [AddedToken(name, special=True, normalized=False) for name in _SPECIAL]


def _with_bos(tokenizer: Tokenizer) -> Tokenizer:
    bos = tokenizer.token_to_id("<s>")
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", bos)])
    return tokenizer


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=_special(),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    return _with_bos(tokenizer)


def _sentencepiece_decoder() -> decoders.Decoder:
    return decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )


def _sentencepiece() -> Tokenizer:
    """BPE with byte fallback, a space put before a text and after each special token: Llama 2's kind."""
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace("▁")  # so that no piece crosses words
    trainer = trainers.BpeTrainer(vocab_size=200, show_progress=False)
    trained.train_from_iterator(_TEXTS, trainer)
    model = json.loads(trained.to_str())["model"]
    names = [*_SPECIAL, *_BYTES, *(name for name in model["vocab"] if name not in _SPECIAL)]
    tokenizer = Tokenizer(
        models.BPE(
            {name: token for token, name in enumerate(names)},
            [tuple(pair) for pair in model["merges"]],
            unk_token="<unk>",
            byte_fallback=True,
            fuse_unk=True,
        )
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = _sentencepiece_decoder()
    tokenizer.add_special_tokens(_special())
    return _with_bos(tokenizer)


def _metaspace() -> Tokenizer:
    """The same vocabulary, with the space put before the very first word alone: the newer kind."""
    tokenizer = _sentencepiece()
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False)
    return tokenizer


def _unigram() -> Tokenizer:
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=120, unk_token="<unk>", show_progress=False)
    trained.train_from_iterator(_TEXTS, trainer)
    pieces = json.loads(trained.to_str())["model"]["vocab"]
    vocabulary = [(name, 0.0) for name in _SPECIAL] + [(name, 0.0) for name in _BYTES]
    vocabulary += [(name, score) for name, score in pieces if name not in _SPECIAL]
    tokenizer = Tokenizer(models.Unigram(vocabulary, 0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    tokenizer.add_special_tokens(_special())
    return _with_bos(tokenizer)


def _word_piece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=_special(), show_progress=False)
    tokenizer.train_from_iterator(_TEXTS, trainer)
    return _with_bos(tokenizer)


_KINDS: dict[str, Callable[[], Tokenizer]] = {
    "byte_level": _byte_level,
    "sentencepiece": _sentencepiece,
    "metaspace": _metaspace,
    "unigram": _unigram,
    "word_piece": _word_piece,
}
KINDS = tuple(_KINDS)
WHOLE_KINDS = ("byte_level", "sentencepiece", "metaspace", "unigram")  # can write any text


@cache
def _trained(kind: str) -> str:
    return _KINDS[kind]().to_str()


def tiny_tokenizer(kind: str = "byte_level", template: str | None = CHATML) -> PreTrainedTokenizerFast:
    """A tokenizer of its own for each call, so a test may change it."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(_trained(kind)),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = template
    return tokenizer


def tiny_llama_dir(
    folder: Path,
    *,
    kind: str = "byte_level",
    template: str | None = CHATML,
    seed: int = 0,
    shard: str = "1GB",
    **config: Any,
) -> Path:
    """A model directory: config, generation config, safetensors, tokenizer and chat template.

    The weights are random but the same for the same seed. `config` overrides fields of the LlamaConfig;
    a small `shard` splits the weights over several files.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tiny_tokenizer(kind, template)
    settings: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.eos_token_id,
        "tie_word_embeddings": False,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(LlamaConfig(**settings | config))
    model.generation_config.eos_token_id = [
        tokenizer.eos_token_id,
        tokenizer.convert_tokens_to_ids("<|im_end|>"),
    ]
    model.save_pretrained(folder, max_shard_size=shard)
    tokenizer.save_pretrained(folder)
    return folder
