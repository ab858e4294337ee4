"""What a run was asked for: the settings, their ranges and their defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.protocol.fields import characters, number, optional, or_null, truth, whole

MAX_SEED = 2**63 - 1
MAX_TEXT = 10_000

# The settings that a client named, by name; what it didn't name comes from the parent or the defaults.
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """A complete set. The server replaces a `seed` of null and a `model` of "" by what it chose."""

    model: str = optional(characters(1, 300), "", "a name from `hello.models`; default: the site's")
    k: int = optional(whole(1, 50), 30, "sampling breadth, and how many alternatives a step carries")
    temperature: float = optional(number(0, 10), 1.0, "0 is greedy")
    top_p: float = optional(number(0, 1, above=True), 1.0, "the smallest set of tokens with this probability")
    min_p: float = optional(number(0, 1), 0.0, "cut below this share of the favourite's probability")
    max_new_tokens: int = optional(
        whole(1, 4096), 100, "sampled tokens only: prefix, edits and nudges don't count"
    )
    seed: int | None = optional(
        or_null(whole(0, MAX_SEED, "2^63-1")),
        None,
        "`null`: the server draws one and reports it in the run, so every run can be repeated",
    )
    prefix: str = optional(characters(0, MAX_TEXT), "", "start of the assistant's turn, forced")
    delay: float = optional(number(0, 2), 0.0, "seconds of pause between sampled tokens, for watching")
    guard: bool | None = optional(
        or_null(truth()), None, "`null`: what the site's policy says; off only where the policy is optional"
    )
    tau: float | None = optional(
        or_null(number(0, 1)), None, "may only make the guard stricter than the policy; looser is `forbidden`"
    )

    def with_given(self, given: Given) -> Settings:
        return dataclasses.replace(self, **given)

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Settings:
        """From what was saved; settings that this version doesn't know are left out."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})
