"""SGLang's native `/generate`.

Started with `--enable-return-hidden-states` it also gives the hidden state of each computed token, after the
last norm: a probe reads those of the last layer, and no others. Which rows are whose is counted wrongly by
SGLang where prefixes are cached or not everybody asks (issues 4997 and 32089; mended in part in summer 2026),
so a state is believed only when it explains the log-probabilities that came with it: see `witness.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generation.engine.remote.dialect import cache_name
from generation.engine.remote.failures import Broken
from generation.engine.remote.told import Answer, Line, Question, line


@dataclass(frozen=True, slots=True)
class Sglang:
    vocabulary: int
    sees: bool = True
    name: str = "SGLang"
    path: str = "/generate"

    def body(self, question: Question) -> dict[str, Any]:
        """Greedy: then the log-probabilities are the model's own, which a temperature would change."""
        asked: dict[str, Any] = {
            "input_ids": question.tokens,
            "sampling_params": {
                "max_new_tokens": 1,
                "temperature": 0.0,
                "repetition_penalty": 1.0,
                "presence_penalty": 0.0,
                "frequency_penalty": 0.0,
                "ignore_eos": True,
            },
            "return_logprob": True,
            "top_logprobs_num": question.width,
            # The first position of a prompt's part has none, so it begins one before what is wanted.
            "logprob_start_len": question.first - 1 if question.forced else -1,
        }
        if question.hidden:
            asked["return_hidden_states"] = True
        if question.owner:
            asked["extra_key"] = cache_name(question.owner)
        return asked

    def read(self, said: Any, question: Question) -> Answer:
        about = said["meta_info"]
        if about["finish_reason"]["type"] == "abort":
            raise Broken("the server gave the question up")
        if about["prompt_tokens"] != len(question.tokens):
            raise Broken("another prompt than the one that was sent")
        cached = int(about.get("cached_tokens") or 0)
        states = _rows(about, question, cached)
        lines = self._of_prompt(about, question, states) if question.forced else []
        (best,) = about["output_top_logprobs"]
        lines.append(self._line(question, best, hidden=states[-1]))
        return Answer(lines, cached)

    def _of_prompt(self, about: Any, question: Question, states: list[Any]) -> list[Line]:
        own, told = about["input_token_logprobs"], about["input_top_logprobs"]
        if not len(own) == len(told) == len(question.forced) + 1:
            raise Broken("log-probabilities of another prompt")
        return [
            self._line(question, best, token=token, chosen=chosen[0], hidden=hidden)
            for token, chosen, best, hidden in zip(question.forced, own[1:], told[1:], states, strict=False)
        ]

    def _line(self, question: Question, best: list[Any], **more: Any) -> Line:
        return line(question, self.vocabulary, [one[1] for one in best], [one[0] for one in best], **more)


def _rows(about: Any, question: Question, cached: int) -> list[Any]:
    """The states behind which the wanted positions stand: the last ones of those that were computed."""
    wanted = len(question.forced) + 1
    if not question.hidden:
        return [None] * wanted
    if not about.get("hidden_states"):
        raise Broken("it gives no hidden states")
    rows = about["hidden_states"][0]
    if not wanted <= len(rows) <= len(question.tokens) - cached:
        raise Broken(f"{len(rows)} hidden states for {wanted} positions")
    return list(rows[-wanted:])
