"""What vLLM's server answers, as far as an engine asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from tests.generation.engine.standin.brain import Brain, Radix

Said = tuple[int, Any]
_BLOCK = 16  # tokens: only whole blocks are found again


@dataclass
class VllmApi:
    brain: Brain
    model: str
    name: str = "vLLM"
    path: str = "/v1/completions"
    max_logprobs: int = 64
    tokenizer: Any = None
    radix: Radix = field(default_factory=Radix)

    def get(self, path: str) -> Said:
        if path == "/health":
            return 200, {}
        if path == "/v1/models":
            card = {
                "id": self.model,
                "object": "model",
                "owned_by": "vllm",
                "root": self.model,
                "parent": None,
                "max_model_len": self.brain.most,
            }
            adapter = {"id": "an-adapter", "root": self.model, "parent": self.model, "owned_by": "vllm"}
            return 200, {"object": "list", "data": [adapter, card]}
        return 404, {"detail": "Not Found"}

    def post(self, path: str, asked: Any) -> Said:
        if path == "/tokenize" and self.tokenizer is not None:
            found = self.tokenizer(asked["prompt"], add_special_tokens=False)["input_ids"]
            return 200, {"count": len(found), "max_model_len": self.brain.most, "tokens": found}
        if path != self.path:
            return 404, {"detail": "Not Found"}
        if asked["model"] != self.model:
            return _no(404, f"The model `{asked['model']}` does not exist.")
        tokens: list[int] = asked["prompt"]
        assert asked["max_tokens"] == 1
        assert asked["temperature"] == 0.0
        assert all(type(token) is int for token in tokens)
        if len(tokens) + 1 > self.brain.most:
            return _no(400, f"This model's maximum context length is {self.brain.most} tokens.")
        if max(tokens) >= self.brain.vocabulary:
            return _no(400, f"Token id {max(tokens)} is out of vocabulary")
        for name in ("logprobs", "prompt_logprobs"):
            if (asked.get(name) or 0) > self.max_logprobs:
                most = self.max_logprobs
                return _no(
                    400, f"Requested {name} of {asked[name]}, which is greater than max allowed: {most}"
                )
        return 200, self._completion(tokens, asked)

    def _completion(self, tokens: list[int], asked: dict[str, Any]) -> dict[str, Any]:
        read, of_prompt = self.brain.read(tokens), asked.get("prompt_logprobs")
        # A text whose prompt's log-probabilities are wanted is computed as a whole.
        found = self.radix.look(asked.get("cache_salt", ""), tokens, len(tokens) - 1)
        cached = 0 if of_prompt is not None else found // _BLOCK * _BLOCK
        last = read.logprobs[-1]
        taken = int(last.argmax())
        best = _best(last, asked["logprobs"], taken)
        choice: dict[str, Any] = {
            "index": 0,
            "text": "?",
            "finish_reason": "length",
            "prompt_logprobs": None,
            "logprobs": {
                "text_offset": [0],
                "tokens": [f"token_id:{taken}"],
                "token_logprobs": [max(best[taken], -9999.0)],
                "top_logprobs": [{f"token_id:{token}": max(value, -9999.0) for token, value in best.items()}],
            },
        }
        if of_prompt is not None:
            choice["prompt_logprobs"] = [None] + [
                _ranked(read.logprobs[place - 1], of_prompt, tokens[place]) for place in range(1, len(tokens))
            ]
        return {
            "id": "cmpl-1",
            "object": "text_completion",
            "model": self.model,
            "choices": [choice],
            "usage": {
                "prompt_tokens": len(tokens),
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": cached},
            },
        }


def _no(status: int, message: str) -> Said:
    return status, {"error": {"message": message, "type": "BadRequestError", "code": status}}


def _best(logprobs: torch.Tensor, count: int, own: int) -> dict[int, float]:
    """The token itself first, then the best."""
    values, ids = logprobs.topk(min(count, len(logprobs)))
    return {own: float(logprobs[own])} | dict(zip(ids.tolist(), values.tolist(), strict=True))


def _ranked(logprobs: torch.Tensor, count: int, own: int) -> dict[str, Any]:
    return {
        str(token): {
            "logprob": max(value, -9999.0),
            "rank": int((logprobs >= value).sum()),
            "decoded_token": "?",
        }
        for token, value in _best(logprobs, count, own).items()
    }
