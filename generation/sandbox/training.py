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

    steps: int = 8000
    tokens: int = 3072
    peak: float = 8e-3
    warm_up: int = 100
    half_at: int = 3350
    decay: float = 0.1
    seed: int = 2026
    width: int = 256
    inner: int = 704
    layers: int = 4
    heads: int = 8
    shared_heads: int = 4
    vocabulary: int = VOCABULARY

    def rate(self, step: int) -> float:
        """The learning rate: straight up, along a cosine to half, then straight down to almost nothing.

        The long tail at small rates is where a small model stops making slips of the pen.
        """
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        half_at = min(self.half_at, (self.warm_up + self.steps) // 2)
        if step < half_at:
            share = (step - self.warm_up) / (2 * (half_at - self.warm_up))
            return self.peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
        left = (self.steps - step) / (self.steps - half_at)
        return self.peak * (0.01 + 0.99 * 0.5 * left)


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


class Optimizers:
    """Muon for the matrices inside the layers, AdamW for the embeddings and the norms."""

    def __init__(self, model: Any, recipe: Recipe) -> None:
        inner = [
            weight for name, weight in model.named_parameters() if weight.ndim == 2 and "embed" not in name
        ]
        chosen = {id(weight) for weight in inner}
        others = [weight for weight in model.parameters() if id(weight) not in chosen]
        rate, decay = recipe.peak, recipe.decay
        muon = torch.optim.Muon(inner, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        adam = torch.optim.AdamW(others, lr=rate, weight_decay=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True)
        self._all: tuple[torch.optim.Optimizer, ...] = (muon, adam)

    def step(self, rate: float) -> None:
        for optimizer in self._all:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, Any]]:
        return [optimizer.state_dict() for optimizer in self._all]

    def restore(self, states: list[dict[str, Any]]) -> None:
        for optimizer, state in zip(self._all, states, strict=True):
            optimizer.load_state_dict(state)


def _save(path: Path, step: int, model: Any, optimizers: Optimizers, recipe: Recipe) -> None:
    """A checkpoint is there whole or not at all."""
    partial = path.with_suffix(".partial")
    state = {"step": step, "recipe": asdict(recipe), "model": model.state_dict()}
    torch.save(state | {"optimizers": optimizers.state()}, partial)
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
    optimizers = Optimizers(model, recipe)
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if state["recipe"] == asdict(recipe):
            model.load_state_dict(state["model"])
            optimizers.restore(state["optimizers"])
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
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=half):
            loss = loss_of(model, data, rows, device, ends[1])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(recipe.rate(step))
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
            _save(checkpoint, step + 1, model, optimizers, recipe)
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
