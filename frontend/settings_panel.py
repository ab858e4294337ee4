"""The settings that a person sets on the page, with the defaults of the socket's contract."""

from __future__ import annotations

from typing import NamedTuple

from generation.protocol import Settings


class Field(NamedTuple):
    name: str
    label: str
    hint: str
    mode: str = "decimal"

    @property
    def default(self) -> str:
        value = getattr(Settings(), self.name)
        return "" if value is None else f"{value:g}"


FIELDS = (
    Field("max_new_tokens", "Max new tokens", "1 to 4096. The answer ends there at the latest.", "numeric"),
    Field("temperature", "Temperature", "0 to 10. At 0 the most probable token is always taken."),
    Field("k", "Top-k", "1 to 50. How many tokens are drawn from, and shown.", "numeric"),
    Field("top_p", "Top-p", "Above 0, to 1. The fewest tokens that reach this share."),
    Field("min_p", "Min-p", "0 to 1. Cuts tokens below this share of the favourite's."),
    Field("delay", "Delay", "0 to 2 seconds between tokens, for watching."),
    Field(
        "seed", "Random seed", "Empty: another one each time. The same seed gives the same text.", "numeric"
    ),
    Field("tau", "Tau", "The guard’s threshold, 0 to 1: lower is stricter. Empty: the site’s own."),
)
