"""Who a server says that it is: asked on each new connection, for another one may have its address by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """What was told on these paths when the server was found to compute the configured model."""

    paths: tuple[str, ...]
    told: list[Any]

    @classmethod
    def of(cls, paths: tuple[str, ...], answers: Sequence[Any]) -> Identity:
        return cls(paths, [_kept(answer) for answer in answers])

    def is_same(self, answers: Sequence[Any]) -> bool:
        try:
            return [_kept(answer) for answer in answers] == self.told
        except (KeyError, TypeError, AttributeError):
            return False


def _kept(answer: Any) -> Any:
    """Of a list of models those that are no adapters; of SGLang's own page the model and its weights."""
    if "data" in answer:
        cards = [card for card in answer["data"] if not card.get("parent")]
        return sorted((str(card["id"]), str(card.get("root")), card.get("max_model_len")) for card in cards)
    return answer["model_path"], answer.get("weight_version")
