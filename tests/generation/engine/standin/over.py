"""A stand-in's API over a model's directory."""

from __future__ import annotations

from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.generation.engine.standin.brain import Brain
from tests.generation.engine.standin.sglang import SglangApi
from tests.generation.engine.standin.vllm import VllmApi


def standin_api(dialect: str, folder: Path) -> SglangApi | VllmApi:
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    brain = Brain(model, model.config.max_position_embeddings)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if dialect == "sglang":
        return SglangApi(brain, str(folder), tokenizer=tokenizer)
    return VllmApi(brain, str(folder), tokenizer=tokenizer)
