"""The run that plays on the first page: written once by the bundled model, kept beside this file."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson
from django.conf import settings
from django.core.management import call_command

PATH: Final = Path(__file__).parent / "first_page.json"
PROMPT: Final = "How do I learn to play the guitar?"
SEED: Final = 8
DELAY: Final = 0.06  # seconds between tokens: as fast as one reads along
SHOWN: Final = 8  # alternatives of a token that are kept


@lru_cache(maxsize=1)
def recorded() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(PATH.read_bytes())
    return found


def record(prompt: str = PROMPT, seed: int = SEED) -> dict[str, Any]:
    """Lets the bundled model write it, in its own time, and gives what a replay needs of it."""
    said = io.StringIO()
    model = str(settings.SAFELENS_BUNDLED_MODEL)
    call_command("generate", prompt, json=True, model=model, seed=seed, delay=DELAY, stdout=said)
    messages = [orjson.loads(line) for line in said.getvalue().splitlines() if line.strip()]
    run = next(message["run"] for message in messages if message["type"] == "accepted")
    steps = [step for message in messages if message["type"] == "steps" for step in message["steps"]]
    begun = steps[0]["t"]
    return {
        "prompt": prompt,
        "model": run["model"],
        "settings": {name: value for name, value in run["settings"].items() if name != "prefix"},
        "at": None,
        # Loading and reading the question took their time too, but not a visitor's.
        "steps": [_shortened(step) | {"t": step["t"] - begun} for step in steps],
        "nudges": [],
        "retracted": [],
        "reason": next(message["reason"] for message in messages if message["type"] == "finished"),
    }


def write(prompt: str = PROMPT, seed: int = SEED) -> dict[str, Any]:
    made = record(prompt, seed)
    lines = b",\n".join(orjson.dumps(step) for step in made["steps"])
    rest = orjson.dumps(made | {"steps": []})
    PATH.write_bytes(rest.replace(b'"steps":[]', b'"steps":[\n' + lines + b"\n]") + b"\n")
    recorded.cache_clear()
    return made


def _shortened(step: dict[str, Any]) -> dict[str, Any]:
    """With the first alternatives alone, and no more digits than a page shows."""
    top = [[token, text, _digits(logprob), _digits(p)] for token, text, logprob, p in step["top"][:SHOWN]]
    numbers = {name: _digits(step[name]) for name in ("logprob", "p", "entropy")}
    return step | numbers | {"top": top}


def _digits(value: float) -> float:
    """However small: a probability of 0 says that the token was cut."""
    return float(f"{value:.5g}")
