"""Random policies and models, by a seed."""

from __future__ import annotations

from random import Random
from typing import Any

from guard.policy import Policy, read
from tests.guard.policy.world import BROKEN, GUARDS, Model


def policies(chance: Random, actions: bool = True) -> list[Policy]:
    count = chance.choice((1, 1, 1, 2, 3))
    return [Policy(str(place), read(written(chance, place))) for place in range(count)]


def written(chance: Random, place: int = 0) -> dict[str, Any]:
    shadow = place > 0 and chance.random() < 0.3
    guards = chance.sample(GUARDS, chance.choice((1, 1, 1, 2)))
    ladder: list[dict[str, Any]] = []
    for _ in range(chance.randrange(4)):
        kind = chance.choice(("flag", "nudge", "rollback+nudge", "backtrack", "steer"))
        rung: dict[str, Any] = {"kind": kind}
        if kind == "steer":
            rung |= {"direction": "calm", "layer": 1, "tokens": chance.randint(1, 5)}
        if chance.random() < 0.3:
            rung["times"] = chance.randint(1, 3)
        ladder.append(rung)
    ladder.append({"kind": chance.choice(("flag", "refuse", "refuse", "block"))})
    return {
        "evidence": [{"name": guard, "threshold": chance.choice((0.3, 0.6, 0.8, 0.9))} for guard in guards],
        "rule": rule(chance),
        "ladder": ladder,
        "hold": chance.choice((0, 0, 1, 2, 4, 8)),
        "shadow": shadow,
        "cooldown": chance.choice((0, 1, 3, 8)),
        "nudges": chance.choice((0, 1, 2, 2)),
        "nudge": chance.choice(("nudge a", "nudge b")),
    }


def rule(chance: Random) -> dict[str, Any]:
    return chance.choice(
        (
            {"kind": "classic", "warmup": chance.choice((0, 1, 4))},
            {"kind": "consecutive", "k": chance.randint(1, 3)},
            {
                "kind": "ema",
                "a": chance.choice((0.2, 0.5)),
                "prior": chance.choice((-2.0, 0.0)),
                "window": chance.choice((1, 2, 4)),
                "row": chance.choice((1, 2, 3)),
                "slack": chance.choice((0.5, 2)),
            },
        )
    )


def model(chance: Random, longest: int = 12, fails: bool = False) -> Model:
    forced: tuple[tuple[int, str], ...] = ()
    if chance.random() < 0.2:
        origin = chance.choice(("prefix", "edit"))
        forced = tuple((chance.randint(1, 60), origin) for _ in range(chance.randint(1, 5)))
    return Model(
        chance.getrandbits(60),
        chance.randint(0, longest),
        chance.choice((1, 3, 6, 12)),
        forced,
        chance.randint(0, longest) if fails else None,
        chance.choice(BROKEN),
    )
