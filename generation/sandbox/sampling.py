"""Plain batched sampling, to measure the model by itself: no engine, no guard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from . import tokenizer as tokens
from .encode import Encoder, Ids


@dataclass(frozen=True, slots=True)
class Sample:
    """A sampled continuation. `entropy` sums the model's own (temperature 1), in bits."""

    ids: Ids
    text: str
    ended: bool
    entropy: float


BREADTH = 30
"""How many tokens are drawn from at each step: as many as the server draws from by default."""


class Sampler:
    """The model with its tokenizer. Guarantee: the same seed, prompts and machine give the same samples."""

    def __init__(self, directory: Path) -> None:
        from transformers import AutoModelForCausalLM

        self.model: Any = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
        self.tokenizer: Tokenizer = tokens.read(directory)
        self.encoder = Encoder(self.tokenizer)
        self._end = self.encoder.end
        self._pad = tokens.number(self.tokenizer, tokens.PAD)

    def prompt(self, messages: Sequence[tuple[str, str]], prefix: str = "") -> Ids:
        """The ids of a conversation (role, text) that waits for an answer or, with a prefix, for its rest."""
        ids = [number for role, text in messages for number in self.encoder.message(role, text)]
        return [*ids, *self.encoder.opening(), *self.encoder.text(prefix)]

    def decode(self, ids: Ids) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))

    def sample(
        self, prompts: Sequence[Ids], temperature: float, seed: int, most: int = 240, rows: int = 100
    ) -> list[Sample]:
        """A continuation for each prompt, at most `most` tokens long. Temperature 0 takes the likeliest."""
        samples: list[Sample] = []
        for first in range(0, len(prompts), rows):
            generator = torch.Generator().manual_seed(seed + first)
            samples += self._rows(prompts[first : first + rows], temperature, generator, most)
        return samples

    @torch.inference_mode()
    def _rows(
        self, prompts: Sequence[Ids], temperature: float, generator: torch.Generator, most: int
    ) -> list[Sample]:
        longest = max(len(ids) for ids in prompts)
        ids = torch.tensor([[self._pad] * (longest - len(row)) + list(row) for row in prompts])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts])
        entropy = torch.zeros(len(prompts))
        going = torch.ones(len(prompts), dtype=torch.bool)
        drawn: list[torch.Tensor] = []
        cache: Any = None
        while bool(going.any()) and len(drawn) < most:
            places = (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
            out = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=places,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = out.past_key_values
            logits = out.logits[:, -1].float()
            entropy += going * torch.special.entr(torch.softmax(logits, dim=-1)).sum(1) / math.log(2)
            best = logits.topk(BREADTH)
            chances = torch.softmax(best.values / max(temperature, 1e-4), dim=-1)
            ids = best.indices.gather(1, torch.multinomial(chances, 1, generator=generator))
            drawn.append(torch.where(going, ids[:, 0], self._end))
            going = going & (ids[:, 0] != self._end)
            mask = torch.cat([mask, torch.ones(len(prompts), 1, dtype=mask.dtype)], dim=1)
        table = torch.stack(drawn, dim=1).tolist()
        return [self._sample(row, float(entropy[place])) for place, row in enumerate(table)]

    def _sample(self, row: Ids, entropy: float) -> Sample:
        ended = self._end in row
        ids = row[: row.index(self._end)] if ended else row
        return Sample(ids, self.decode(ids), ended, entropy)
