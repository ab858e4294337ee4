"""vLLM's OpenAI-compatible `/v1/completions`.

Its log-probabilities are those before any temperature or cut (`--logprobs-mode raw_logprobs`, the default).
It tells as many a token as `--max-logprobs` allows, 20 if nobody says. A prompt's come for the whole prompt,
which is computed anew for them: the prefix cache isn't read. It gives no hidden states here: nothing that
reads them can judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generation.engine.remote.dialect import cache_name
from generation.engine.remote.failures import Broken
from generation.engine.remote.told import Answer, Line, Question, line

_TOKEN = "token_id:"  # noqa: S105 - how a token is named where its text might not be unique


@dataclass(frozen=True, slots=True)
class Vllm:
    model: str
    vocabulary: int
    name: str = "vLLM"
    path: str = "/v1/completions"
    sees: bool = False

    def body(self, question: Question) -> dict[str, Any]:
        """Greedy, since the token that the server takes is of no interest; every penalty is named, for the
        model's own generation_config.json would set others."""
        asked: dict[str, Any] = {
            "model": self.model,
            "prompt": question.tokens,
            "max_tokens": 1,
            "temperature": 0.0,
            "repetition_penalty": 1.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "ignore_eos": True,
            "logprobs": question.width,
            "return_tokens_as_token_ids": True,
        }
        if question.forced:
            asked["prompt_logprobs"] = question.width
        if question.owner:
            asked["cache_salt"] = cache_name(question.owner)
        return asked

    def read(self, said: Any, question: Question) -> Answer:
        usage = said["usage"]
        if usage["prompt_tokens"] != len(question.tokens):
            raise Broken("another prompt than the one that was sent")
        (choice,) = said["choices"]
        (best,) = choice["logprobs"]["top_logprobs"]
        lines = self._of_prompt(choice, question) if question.forced else []
        names = [int(name.removeprefix(_TOKEN)) for name in best]
        lines.append(line(question, self.vocabulary, names, list(best.values())))
        return Answer(lines, int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0))

    def _of_prompt(self, choice: Any, question: Question) -> list[Line]:
        told = choice["prompt_logprobs"]
        if len(told) != len(question.tokens):
            raise Broken("log-probabilities of another prompt")
        lines = []
        for position, token in enumerate(question.forced, question.first):
            best = told[position]
            own = best[str(token)]
            lines.append(
                line(
                    question,
                    self.vocabulary,
                    [int(name) for name in best],
                    [one["logprob"] for one in best.values()],
                    token=token,
                    chosen=own["logprob"],
                    rank=own["rank"] - 1,
                )
            )
        return lines
