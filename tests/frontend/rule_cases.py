"""What the guards' stream rules say, for the browser's: `python -m tests.frontend.rule_cases` writes it.

The file lies beside the tests in JavaScript; `test_rule_cases` holds it to the policies.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from guard.policy.reading import read
from guard.policy.replay import counterfactual
from guard.policy.token import END, NUDGE, SAMPLED, Fate, Seen

FILE = Path(__file__).resolve().parent.parent / "javascript" / "rules.cases.json"
COUNT = 120
RULES: tuple[dict[str, Any], ...] = (
    {"kind": "classic"},
    {"kind": "classic", "warmup": 0},
    {"kind": "consecutive", "k": 2},
    {"kind": "consecutive", "k": 4},
    {"kind": "ema"},
    {"kind": "ema", "a": 0.5, "prior": -1.0, "slack": 1.0, "window": 3, "row": 2, "gap": 0.5},
)


def cases() -> list[dict[str, Any]]:
    chosen = random.Random(11)
    return [_case(chosen, RULES[n % len(RULES)]) for n in range(COUNT)]


def _case(chosen: random.Random, rule: dict[str, Any]) -> dict[str, Any]:
    threshold = chosen.choice([0.0, 0.05, 0.3, 0.5, 0.8, 0.95, 0.99])
    tape = _tape(chosen)
    spec = read(
        {
            "evidence": [{"name": "probe", "place": "stream", "threshold": threshold}],
            "rule": rule,
            "ladder": [{"kind": "nudge"}, {"kind": "refuse"}],
        }
    )
    seen: list[Seen[None]] = [
        Seen(
            None,
            Fate.RETRACTED if one["back"] else Fate.RELEASED,
            {} if one["score"] is None else {"probe": one["score"]},
            one["origin"],
        )
        for one in tape
    ]
    found = counterfactual(spec, seen)
    return {
        "rule": rule,
        "threshold": threshold,
        "tape": tape,
        "statistics": [row.get("probe") for row in found.statistics],
        "crossings": [crossing.place for crossing in found.crossings],
    }


def _tape(chosen: random.Random) -> list[dict[str, Any]]:
    """An answer whose risk comes and goes, with words injected, tokens taken back, and an end."""
    tape: list[dict[str, Any]] = []
    level, back, nudge = chosen.random(), 0, 0
    for _ in range(chosen.randint(1, 40)):
        level = min(max(level + chosen.gauss(0, 0.25), 0), 1)
        if not back and not nudge and chosen.random() < 0.05:
            back = chosen.randint(1, 6)
        if not back and not nudge and chosen.random() < 0.05:
            nudge = chosen.randint(1, 5)
        score = None if nudge else round(level, 5)
        tape.append({"score": score, "origin": NUDGE if nudge else SAMPLED, "back": back > 0})
        back, nudge = max(0, back - 1), max(0, nudge - 1)
    tape.append({"score": round(level, 5), "origin": END, "back": False})
    return tape


def text() -> str:
    return "[\n" + ",\n".join(json.dumps(case) for case in cases()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())
