"""What the engine's sampler says, for the browser's: `python -m tests.frontend.sampler_cases` writes it.

The file lies beside the tests in JavaScript; `test_sampler_cases` holds it to the engine.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np

from generation.engine.request import Request
from generation.engine.sampler import Settings, distribution

FILE = Path(__file__).resolve().parent.parent / "javascript" / "sampler.cases.json"
COUNT = 120


def cases() -> list[dict[str, Any]]:
    chosen = random.Random(7)
    return [_case(chosen, n) for n in range(COUNT)]


def _case(chosen: random.Random, n: int) -> dict[str, Any]:
    listed = chosen.choice([1, 2, 5, 30, 50])
    logits = sorted((round(chosen.gauss(0, 3), 3) for _ in range(listed)), reverse=True)
    if n % 10 == 0:
        logits = [logits[0]] * listed  # all equal
    sampler: dict[str, Any] = {
        "temperature": chosen.choice([0, 0.05, 0.3, 0.7, 1, 1, 1.5, 10]),
        "k": chosen.randint(1, listed),
        "top_p": chosen.choice([1, 1, 0.95, 0.5, 0.01]),
        "min_p": chosen.choice([0, 0, 0.05, 0.4, 1]),
    }
    request = Request("case", (0,), **sampler)
    p, _ = distribution(np.array([logits[: request.k]], np.float32), Settings([request]))
    share = [float(one) for one in p[0]] + [0.0] * (listed - p.shape[1])
    return {"logprobs": logits, "sampler": sampler, "p": share}


def text() -> str:
    return "[\n" + ",\n".join(json.dumps(case) for case in cases()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())
