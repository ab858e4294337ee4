"""Models with random weights in the shapes that the figures are stated for, and a tokenizer of their size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    vocabulary: int
    hidden: int
    inner: int
    layers: int
    heads: int
    shared_heads: int
    dtype: torch.dtype = torch.float32

    @property
    def label(self) -> str:
        return f"{self.name} {'bf16' if self.dtype is torch.bfloat16 else 'fp32'}"


SMALL = Shape("7 M", 4096, 256, 704, 8, 4, 2)
MIDDLE = Shape("135 M", 49152, 576, 1536, 30, 9, 3)  # SmolLM2-135M's
MIDDLE_BF16 = Shape("135 M", 49152, 576, 1536, 30, 9, 3, torch.bfloat16)
LARGE_BF16 = Shape("1 B", 128256, 2048, 8192, 16, 32, 8, torch.bfloat16)  # Llama-3.2-1B's


def model_of(shape: Shape) -> Any:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.shared_heads,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        initializer_range=0.05,
        eos_token_id=None,
        bos_token_id=None,
    )
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model = model.to_empty(device="cpu").to(shape.dtype)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.05) if parameter.dim() > 1 else torch.nn.init.ones_(parameter)
    model.model.rotary_emb = type(model.model.rotary_emb)(config)
    model.tie_weights()
    return model.eval()


def tokenizer_of(shape: Shape) -> PreTrainedTokenizerFast:
    """Byte-level: every byte, then pairs of bytes until the vocabulary is full."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: place for place, letter in enumerate(alphabet)}
    merges: list[tuple[str, str]] = []
    for first in alphabet:
        for second in alphabet:
            if len(vocabulary) == shape.vocabulary:
                break
            vocabulary[first + second] = len(vocabulary)
            merges.append((first, second))
    for number in range(shape.vocabulary - len(vocabulary)):
        vocabulary[f"filler{number}"] = len(vocabulary)
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)
