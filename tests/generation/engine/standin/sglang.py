"""What SGLang's server answers, as far as an engine asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from tests.generation.engine.standin.brain import Brain, Radix

Said = tuple[int, Any]


@dataclass
class SglangApi:
    """`mixes_up`: gives states as the releases before summer 2026 did where several runs share a batch."""

    brain: Brain
    model: str
    name: str = "SGLang"
    path: str = "/generate"
    hidden: bool = True  # --enable-return-hidden-states
    tokenizer: Any = None
    radix: Radix = field(default_factory=Radix)
    mixes_up: bool = False
    _before: list[torch.Tensor] = field(default_factory=list)

    def get(self, path: str) -> Said:
        if path == "/health":
            return 200, {}
        if path == "/v1/models":
            card = {
                "id": "default",
                "object": "model",
                "owned_by": "sglang",
                "root": "default",
                "max_model_len": self.brain.most,
            }
            return 200, {"object": "list", "data": [card]}
        if path == "/get_model_info":
            return 200, {"model_path": self.model, "tokenizer_path": self.model, "is_generation": True}
        return 404, {"detail": "Not Found"}

    def post(self, path: str, asked: Any) -> Said:
        if path == "/tokenize" and self.tokenizer is not None:
            found = self.tokenizer(asked["prompt"], add_special_tokens=False)["input_ids"]
            return 200, {"tokens": found, "count": len(found), "max_model_len": self.brain.most}
        if path != self.path:
            return 404, {"detail": "Not Found"}
        tokens: list[int] = asked["input_ids"]
        assert asked["sampling_params"]["max_new_tokens"] == 1
        assert asked["sampling_params"]["temperature"] == 0.0
        if len(tokens) >= self.brain.most:
            return _no(f"The input ({len(tokens)} tokens) is longer than the model's context length")
        if max(tokens) >= self.brain.vocabulary:
            return _no("The input_ids contains values greater than the vocab size")
        if asked.get("return_hidden_states") and not self.hidden:
            return _no("The server is not configured to return the hidden states.")
        return 200, self._generated(tokens, asked)

    def _generated(self, tokens: list[int], asked: dict[str, Any]) -> dict[str, Any]:
        read, width, start = self.brain.read(tokens), asked["top_logprobs_num"], asked["logprob_start_len"]
        cached = self.radix.look(
            asked.get("extra_key", ""), tokens, len(tokens) - 1 if start < 0 else min(start, len(tokens) - 1)
        )
        taken = int(read.logprobs[-1].argmax())
        about: dict[str, Any] = {
            "finish_reason": {"type": "length", "length": 1},
            "prompt_tokens": len(tokens),
            "completion_tokens": 1,
            "cached_tokens": cached,
            "output_token_logprobs": [[_told(read.logprobs[-1, taken]), taken, None]],
            "output_top_logprobs": [_best(read.logprobs[-1], width)],
        }
        if start >= 0:
            vocabulary = self.brain.vocabulary
            about["input_token_logprobs"] = [[None, tokens[start], None]] + [
                # Its last id is written as 0.
                [
                    _told(read.logprobs[at - 1, tokens[at]]),
                    tokens[at] if tokens[at] < vocabulary - 1 else 0,
                    None,
                ]
                for at in range(start + 1, len(tokens))
            ]
            about["input_top_logprobs"] = [None] + [
                _best(read.logprobs[at - 1], width) for at in range(start + 1, len(tokens))
            ]
        if asked.get("return_hidden_states"):
            about["hidden_states"] = [self._states(read.states[cached:]).tolist()]
        return {"text": "?", "meta_info": about}

    def _states(self, own: torch.Tensor) -> torch.Tensor:
        if not self.mixes_up:
            return own
        self._before.append(own)
        return self._before[-2][-len(own) :] if len(self._before) > 6 else own


def _no(message: str) -> Said:
    return 400, {"error": {"message": message}}


def _best(logprobs: torch.Tensor, count: int) -> list[list[Any]]:
    values, ids = logprobs.topk(min(count, len(logprobs)))
    return [[_told(value), int(token), None] for value, token in zip(values, ids, strict=True)]


def _told(value: torch.Tensor) -> float | None:
    """Clamped at the least float there is; what is no number becomes null, as orjson writes it."""
    number = float(value)
    return None if number != number else max(number, torch.finfo(torch.float32).min)
