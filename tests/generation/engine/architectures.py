"""Tiny random models of many architectures, with weights spread wide enough that a wrong answer shows."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, set_seed

VOCABULARY = 96
SPREAD = 3.0  # standard deviation of the logits, about that of a trained model
_ROOT = Path(__file__).resolve().parents[3]

_SMALL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_MANY_HEADS = {"num_key_value_heads": 4}
_WINDOW = {"sliding_window": 8}
_SLIDES_IN_TURN = {
    "sliding_window": 8,
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
}


@dataclass(frozen=True)
class Architecture:
    """`packed`: what the check at load must find."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    packed: bool = True
    name: str = ""  # where one kind stands here twice

    def __str__(self) -> str:
        return self.name or self.kind


ARCHITECTURES = (
    Architecture("llama"),
    Architecture("qwen2"),
    Architecture("qwen3", {"head_dim": 8}),
    Architecture("mistral", _WINDOW),
    Architecture("gemma", {"head_dim": 8}),
    Architecture("gemma2", {"head_dim": 8, "query_pre_attn_scalar": 8, **_SLIDES_IN_TURN}),
    Architecture("gemma3_text", {"head_dim": 8, "query_pre_attn_scalar": 8, **_SLIDES_IN_TURN}),
    Architecture("phi", _MANY_HEADS),
    Architecture("phi3", {**_MANY_HEADS, **_WINDOW}),
    Architecture("gpt2", {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 256}),
    Architecture("gpt_neox", _MANY_HEADS),
    Architecture("opt", {"ffn_dim": 48, "word_embed_proj_dim": 32}),
    Architecture("olmo", _MANY_HEADS),
    Architecture("olmo2", _MANY_HEADS),
    Architecture("olmo3", {**_MANY_HEADS, **_SLIDES_IN_TURN}),
    Architecture("granite", {"logits_scaling": 2.0, "residual_multiplier": 0.5}),
    Architecture("cohere"),
    Architecture("cohere2", {"head_dim": 8, **_SLIDES_IN_TURN}),
    Architecture("smollm3", {"no_rope_layers": [1, 0, 1]}),
    Architecture("starcoder2", _WINDOW),
    Architecture("mixtral", {"num_local_experts": 4, "num_experts_per_tok": 2}),
    Architecture("qwen2_moe", {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24}),
    Architecture(
        "qwen3_moe", {"head_dim": 8, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24}
    ),
    Architecture("olmoe", {"num_experts": 4, "num_experts_per_tok": 2}),
    Architecture("gpt_oss", {"head_dim": 8, "num_local_experts": 4, **_SLIDES_IN_TURN}),
    Architecture("stablelm", _MANY_HEADS),
    Architecture("glm", {"head_dim": 8}),
    Architecture("glm4", {"head_dim": 8}),
    Architecture("exaone4", {"head_dim": 8, **_SLIDES_IN_TURN}),
    Architecture("seed_oss", {"head_dim": 8}),
    Architecture("ernie4_5", {"head_dim": 8}),
    Architecture("hunyuan_v1_dense", {"head_dim": 8}),
    Architecture("arcee"),
    Architecture("nemotron"),
    Architecture("gpt_bigcode", {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 256}),
    Architecture("bloom", {"n_layer": 3, "n_head": 4}, packed=False),
    Architecture("mpt", {"d_model": 32, "n_layers": 3, "n_heads": 4, "max_seq_len": 256}, packed=False),
    Architecture("falcon", {**_MANY_HEADS, "new_decoder_architecture": False, "alibi": False}, packed=False),
    Architecture(
        "gptj", {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 256, "rotary_dim": 4}, packed=False
    ),
    Architecture(
        "gpt_neo",
        {"num_layers": 3, "num_heads": 4, "attention_types": [[["global", "local", "global"], 1]]}
        | {"window_size": 8},
        packed=False,
    ),
    Architecture("mamba", {"state_size": 8, "time_step_rank": 4}, packed=False),
    Architecture("mamba2", {"state_size": 8, "num_heads": 8, "head_dim": 8, "n_groups": 1}, packed=False),
    Architecture("falcon_mamba", {"state_size": 8, "time_step_rank": 4}, packed=False),
    Architecture(
        "recurrent_gemma",
        {"attention_window_size": 8, "lru_width": 32, "block_types": ["recurrent", "attention"]},
        packed=False,
    ),
    Architecture(
        "lfm2", {"layer_types": ["conv", "full_attention", "conv"], "block_multiple_of": 16}, packed=False
    ),
    Architecture(
        "qwen3_next",
        {
            "head_dim": 8,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 24,
            "shared_expert_intermediate_size": 24,
            "linear_num_value_heads": 4,
            "linear_num_key_heads": 2,
            "linear_key_head_dim": 8,
            "linear_value_head_dim": 8,
            "layer_types": ["linear_attention", "full_attention", "linear_attention"],
        },
        packed=False,
    ),
    Architecture(
        "jamba",
        {
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "num_experts": 2,
            "use_mamba_kernels": False,
            "mamba_d_state": 8,
            "mamba_dt_rank": 4,
        },
        packed=False,
    ),
    Architecture("rwkv", {"attention_hidden_size": 32, "context_length": 256}, packed=False),
)


def tiny(architecture: Architecture) -> Any:
    """A new model in evaluation mode, always with the same weights."""
    kept = logging.getLogger("transformers").level
    logging.getLogger("transformers").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a model says about kernels that aren't installed
        set_seed(11)
        config = AutoConfig.for_model(architecture.kind, **_SMALL | architecture.settings)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    logging.getLogger("transformers").setLevel(kept)
    _spread(model)
    return model


@torch.inference_mode()
def _spread(model: Any) -> None:
    """Weights as wide as a trained model's: attention that looks somewhere, logits that differ."""
    noise = torch.Generator().manual_seed(5)
    for weights in model.parameters():
        if weights.dim() >= 2:
            weights.copy_(torch.randn(weights.shape, generator=noise) * weights.shape[-1] ** -0.5)
        else:
            weights.add_(torch.randn(weights.shape, generator=noise) * 0.1)
    sample = torch.randint(VOCABULARY, (1, 40), generator=noise)
    spread = model(input_ids=sample, use_cache=False).logits.std()
    model.get_output_embeddings().weight.mul_(SPREAD / spread)


@cache
def llama() -> Any:
    """For reading alone: whoever builds an engine over it changes its attention."""
    return tiny(ARCHITECTURES[0])


def real_models() -> list[Path]:
    """Pre-trained models that lie beside the repository, or where SAFELENS_TEST_MODELS says."""
    folder = Path(os.environ.get("SAFELENS_TEST_MODELS") or _ROOT.parent / "shared" / "models")
    return sorted(found.parent for found in folder.glob("*/config.json"))
