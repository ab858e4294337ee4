"""From nothing to a model directory: corpus, tokenizer, training, export."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from . import encode, tokenizer, training
from .corpus import build
from .corpus.refusals import NUDGE

MODEL = Path(__file__).parent / "model"
"""The directory that comes with the repository."""
DATA = Path(os.environ.get("SAFELENS_DATA", "var"))
SHARPEN = 1.9
"""By how much the finished model's logits are stretched: what it hasn't learnt well gets less likely.

As much as leaves real choice: half a bit of entropy at a token.
"""
Say = Callable[[str], None]


def make_tokenizer(seed: int, count: int) -> Any:
    """Learn the tokenizer from the first part of the training corpus."""
    texts = (
        text
        for conversation in build.training(seed, min(count, 20_000))
        for turn in conversation.turns
        for text in (turn.question, turn.answer, *(nudge.answer for nudge in turn.nudges))
    )
    return tokenizer.learn([*texts, NUDGE])


def train(
    out: Path,
    say: Say,
    *,
    recipe: training.Recipe | None = None,
    seed: int = build.SEED,
    count: int = build.TRAIN_COUNT,
    device: str | None = None,
    threads: int = 2,
    every: float = 180.0,
) -> Path:
    """Make the corpus, train, and write `out/model`. Goes on where a killed run stopped."""
    recipe = recipe or training.Recipe(seed=seed)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    say(f"Writing {count:,} conversations and learning the tokenizer.")
    learnt = make_tokenizer(seed, count)
    encoder = encode.Encoder(learnt)
    data = encoder.corpus(build.training(seed, count))
    held = encoder.corpus(build.held_out(seed, 500))
    ends = (tokenizer.number(learnt, tokenizer.END), tokenizer.number(learnt, tokenizer.PAD))
    say(f"{len(data):,} conversations, {len(data.ids):,} tokens; training on {device}.")
    checkpoint = out / "checkpoint.pt"
    model = training.train(data, held, recipe, ends, checkpoint, say, device=device, every=every)
    return export(model, learnt, ends, out / "model")


def export(model: Any, learnt: Any, ends: tuple[int, int], directory: Path) -> Path:
    """Write a Hugging Face model directory; an older one is replaced only when the new one is whole."""
    partial = directory.with_name(directory.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.generation_config.eos_token_id = ends[0]
    model.generation_config.pad_token_id = ends[1]
    with torch.no_grad():
        model.model.norm.weight.mul_(SHARPEN)
    model.to("cpu").to(torch.float16).save_pretrained(partial)
    tokenizer.wrap(learnt).save_pretrained(partial)
    shutil.rmtree(directory, ignore_errors=True)
    os.replace(partial, directory)
    return directory
