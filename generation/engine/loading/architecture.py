"""Whether a model directory describes a causal model that can be served here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig

from generation.engine.loading.unavailable import Kind, ModelUnavailable

# Families that attend to both sides unless their configuration says otherwise.
_TWO_WAY = frozenset(
    {
        "bert",
        "bert-generation",
        "big_bird",
        "camembert",
        "data2vec-text",
        "electra",
        "ernie",
        "megatron-bert",
        "reformer",
        "rembert",
        "roberta",
        "roberta-prelayernorm",
        "roc_bert",
        "roformer",
        "xlm-roberta",
        "xlm-roberta-xl",
        "xmod",
    }
)
_CAUSAL = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def read_architecture(directory: Path, name: str) -> Any:
    """The model's configuration. Raises ModelUnavailable (broken, unsupported)."""
    raw = _read(directory, name)
    kind = raw.get("model_type")
    own_code = "AutoModelForCausalLM" in raw.get("auto_map", {}) or "AutoConfig" in raw.get("auto_map", {})
    if kind not in CONFIG_MAPPING:
        if own_code:
            raise _unsupported(f"{name} needs program code of its own, which SafeLens never runs.")
        raise _unsupported(f"{name} has the architecture {kind!r}, which this version doesn't know.")
    try:
        config = AutoConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # each architecture checks its fields in its own way
        raise ModelUnavailable(
            Kind.BROKEN, f"The config.json of {name} holds values that don't fit."
        ) from error
    if getattr(config, "is_encoder_decoder", False):
        raise _unsupported(f"{name} is an encoder-decoder model; SafeLens serves causal language models.")
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise _unsupported(f"{name} is no causal language model (it is a {kind}).")
    served = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)].__name__
    written = [str(entry) for entry in raw.get("architectures") or []]
    if written and served not in written:
        if own_code:
            raise _unsupported(f"{name} needs program code of its own, which SafeLens never runs.")
        if not any(entry.endswith(_CAUSAL) for entry in written):
            raise _unsupported(f"{name} is no causal language model (it is a {written[0]}).")
    if kind in _TWO_WAY and not config.is_decoder:
        raise _unsupported(f"{name} reads in both directions, so it is no causal language model.")
    return config


def _unsupported(sentence: str) -> ModelUnavailable:
    return ModelUnavailable(Kind.UNSUPPORTED, sentence)


def _read(directory: Path, name: str) -> dict[str, Any]:
    path = directory / "config.json"
    if not path.is_file():
        if (directory / "adapter_config.json").is_file():
            raise _unsupported(f"{name} is an adapter for another model: merge it into that model first.")
        raise ModelUnavailable(Kind.BROKEN, f"{name} is no model directory: it has no config.json.")
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUnavailable(Kind.BROKEN, f"The config.json of {name} can't be read.") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("auto_map") or {}, dict):
        raise ModelUnavailable(Kind.BROKEN, f"The config.json of {name} can't be read.")
    return {**raw, "auto_map": raw.get("auto_map") or {}}
