"""Training the sandbox model: one loop for CPU and GPU, resumable after a kill."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from .encode import Encoded, batches
from .tokenizer import CONTEXT, VOCABULARY

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, besides the corpus and the machine."""

    steps: int = 2600
    tokens: int = 3072
    peak: float = 2.5e-3
    warm_up: int = 100
    decay: float = 0.1
    seed: int = 2026
    width: int = 256
    inner: int = 704
    layers: int = 4
    heads: int = 4
    shared_heads: int = 2
    vocabulary: int = VOCABULARY

    def rate(self, step: int) -> float:
        """The learning rate: up in a straight line, then down along a cosine to almost nothing."""
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        share = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


def new_model(recipe: Recipe, ends: tuple[int, int]) -> Any:
    """A Llama with random weights, the same for the same seed. `ends` are the ids of end and pad."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(recipe.seed)
    config = LlamaConfig(
        vocab_size=recipe.vocabulary,
        hidden_size=recipe.width,
        intermediate_size=recipe.inner,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.shared_heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=ends[0],
        pad_token_id=ends[1],
        attn_implementation="sdpa",
    )
    return LlamaForCausalLM(config)


def loss_of(model: Any, data: Encoded, rows: NDArray[np.int64], device: str, pad: int) -> torch.Tensor:
    """Mean cross-entropy over the tokens to be learnt. Rows are padded on the right: none sees another."""
    longest = int(max(data.bounds[row + 1] - data.bounds[row] for row in rows))
    ids = np.full((len(rows), longest), pad, dtype=np.int64)
    learn = np.zeros((len(rows), longest), dtype=np.bool_)
    for place, row in enumerate(rows):
        first, last = data.bounds[row], data.bounds[row + 1]
        ids[place, : last - first] = data.ids[first:last]
        learn[place, : last - first] = data.learn[first:last]
    inputs = torch.from_numpy(ids).to(device)
    wanted = torch.from_numpy(learn).to(device)[:, 1:]
    hidden = model.model(input_ids=inputs[:, :-1], use_cache=False).last_hidden_state
    return functional.cross_entropy(model.lm_head(hidden[wanted]).float(), inputs[:, 1:][wanted])


def _optimizer(model: Any, recipe: Recipe) -> torch.optim.AdamW:
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    others = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.peak, betas=(0.9, 0.98), eps=1e-9, fused=True)


def _save(path: Path, step: int, model: Any, optimizer: torch.optim.Optimizer, recipe: Recipe) -> None:
    """A checkpoint is there whole or not at all."""
    partial = path.with_suffix(".partial")
    state = {
        "step": step,
        "recipe": asdict(recipe),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, partial)
    os.replace(partial, path)


def train(
    data: Encoded,
    held: Encoded,
    recipe: Recipe,
    ends: tuple[int, int],
    checkpoint: Path,
    say: Progress,
    *,
    device: str = "cpu",
    half: bool = True,
    every: float = 180.0,
) -> Any:
    """Train, or go on from the checkpoint if it has the same recipe.

    Guarantee: on the same machine, a training that was killed and begun again ends with the weights of one
    that was not. `half` computes in bfloat16 where that is safe; weights and sums stay in float32. `every` is
    in seconds.
    """
    model = new_model(recipe, ends).to(device)
    optimizer = _optimizer(model, recipe)
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if state["recipe"] == asdict(recipe):
            model.load_state_dict(state["model"])
            optimizer.load_state_dict(state["optimizer"])
            done = state["step"]
            say(f"Going on from step {done:,}.")
        else:
            say("The checkpoint was made with another recipe: starting afresh.")
    model.train()
    lengths = data.lengths()
    order: list[NDArray[np.int64]] = []
    epoch, first = -1, 0
    seen, total, began, saved = 0, 0.0, time.monotonic(), time.monotonic()
    counted = 0
    for step in range(done, recipe.steps):
        while not order or step >= first + len(order):
            first += len(order)
            epoch += 1
            order = batches(lengths, recipe.tokens, (recipe.seed, epoch))
        rows = order[step - first]
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step)
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=half):
            loss = loss_of(model, data, rows, device, ends[1])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += int(lengths[rows].sum())
        total, counted = total + float(loss.detach()), counted + 1
        if (step + 1) % 50 == 0 or step + 1 == recipe.steps:
            speed = (step + 1 - done) / (time.monotonic() - began)
            tail = (
                f", held-out {held_loss(model, held, device, ends[1], half):.3f}"
                if (step + 1) % 500 == 0
                else ""
            )
            say(
                f"step {step + 1:,} of {recipe.steps:,}: loss {total / counted:.3f}{tail}, "
                f"{seen / (time.monotonic() - began):,.0f} tokens a second, "
                f"{(recipe.steps - step - 1) / speed / 60:.1f} minutes left"
            )
            total, counted = 0.0, 0
        if time.monotonic() - saved > every or step + 1 == recipe.steps:
            _save(checkpoint, step + 1, model, optimizer, recipe)
            saved = time.monotonic()
    return model.eval()


@torch.inference_mode()
def held_loss(model: Any, held: Encoded, device: str, pad: int, half: bool) -> float:
    """Mean loss on (some of) the held-out conversations."""
    model.eval()
    with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=half):
        parts = [
            float(loss_of(model, held, rows, device, pad)) for rows in batches(held.lengths(), 8192, (0,))[:8]
        ]
    model.train()
    return sum(parts) / len(parts)
