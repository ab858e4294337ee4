"""What the tests ask the scripted engine for, and what it answers."""

from typing import Any

from tests.generation import saved

SLOW = {"delay": 2, "max_new_tokens": 500}


def settings(seed: int = 7, steps: int = 20, **more: Any) -> dict[str, Any]:
    return {"seed": seed, "k": 5, "max_new_tokens": steps, **more}


def expected(seed: int, first: int, end: int) -> str:
    return saved.text_of(seed, first, end)
