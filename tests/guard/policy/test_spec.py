from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from guard.policy import Looser, Policy, Spec, SpecBroken, read
from guard.policy.shipped import default, safenudge
from tests.guard.policy import chance

pytestmark = pytest.mark.once

GOOD: dict[str, Any] = {"evidence": [{"name": "g", "threshold": 0.5}], "ladder": [{"kind": "refuse"}]}


def with_(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def test_what_it_writes_it_reads_as_the_same() -> None:
    by = Random(2)
    for written in [GOOD, safenudge("g"), default("g", 0.9), *(chance.written(by, 1) for _ in range(300))]:
        spec = read(written)
        again = json.loads(json.dumps(spec.as_json()))
        assert read(again) == spec
        assert read(again).as_json() == spec.as_json()


def test_it_has_the_usual_numbers() -> None:
    spec = read({"evidence": [{"name": "g", "budget": 0.01}]})
    assert (spec.rule.kind, spec.hold, spec.on_error, spec.cooldown, spec.nudges) == (
        "ema",
        8,
        "block",
        32,
        2,
    )
    assert [rung.kind for rung in spec.ladder] == ["rollback+nudge", "refuse"]
    assert spec.nudge.startswith("Sorry, I was going to generate an unsafe response.")
    assert read(with_(rule={"kind": "classic"})).hold == 0


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ([], ""),
        (None, ""),
        (with_(evidence=[]), "evidence"),
        (with_(evidence="g"), "evidence"),
        (with_(evidence=[3]), "evidence.0"),
        (with_(evidence=[{"threshold": 0.5}]), "evidence.0.name"),
        (with_(evidence=[{"name": "<script>", "threshold": 0.5}]), "evidence.0.name"),
        (with_(evidence=[{"name": "g"}]), "evidence.0.threshold"),
        (with_(evidence=[{"name": "g", "threshold": 1.5}]), "evidence.0.threshold"),
        (with_(evidence=[{"name": "g", "threshold": float("nan")}]), "evidence.0.threshold"),
        (with_(evidence=[{"name": "g", "threshold": True}]), "evidence.0.threshold"),
        (with_(evidence=[{"name": "g", "threshold": 0.999}]), "evidence.0.threshold"),
        (with_(evidence=[{"name": "g", "threshold": 0.5, "tau": 1}]), "evidence.0.tau"),
        (with_(evidence=[{"name": "g", "threshold": 0.5, "place": "behind"}]), "evidence.0.place"),
        (with_(evidence=GOOD["evidence"] * 2), "evidence.1.name"),
        (with_(evidence=[{"name": "g", "budget": 0.1, "calibration": 3}]), "evidence.0.calibration"),
        (with_(rule={"kind": "median"}), "rule.kind"),
        (with_(rule={"kind": "classic", "k": 2}), "rule.k"),
        (with_(rule={"kind": "consecutive", "k": 0}), "rule.k"),
        (with_(rule={"kind": "ema", "a": 0}), "rule.a"),
        (with_(rule=7), "rule"),
        (with_(ladder=[]), "ladder"),
        (with_(ladder=[{"kind": "explode"}]), "ladder.0.kind"),
        (with_(ladder=[{"kind": "nudge"}]), "ladder.0.kind"),
        (with_(ladder=[{"kind": "refuse"}, {"kind": "nudge"}]), "ladder.0.kind"),
        (with_(ladder=[{"kind": "steer", "direction": "A b"}, {"kind": "block"}]), "ladder.0.direction"),
        (with_(ladder=[{"kind": "steer", "strength": 0}, {"kind": "block"}]), "ladder.0.strength"),
        (with_(ladder=[{"kind": "steer", "layer": 1.5}, {"kind": "block"}]), "ladder.0.layer"),
        (with_(ladder=[{"kind": "flag", "times": 0}]), "ladder.0.times"),
        (with_(hold=65), "hold"),
        (with_(hold=-1), "hold"),
        (with_(hold=1.5), "hold"),
        (with_(on_error="allow"), "on_error"),
        (with_(on_error="shrug"), "on_error"),
        (with_(shadow="yes"), "shadow"),
        (with_(optional=1), "optional"),
        (with_(nudge=" "), "nudge"),
        (with_(nudge="x" * 10_000), "nudge"),
        (with_(nudge="\ud83d"), "nudge"),
        (with_(refusal=None), "refusal"),
        (with_(output="soon"), "output"),
        (with_(output="held"), "output"),
        (with_(hodl=3), "hodl"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(written: Any, field: str) -> None:
    with pytest.raises(SpecBroken) as caught:
        read(written)
    assert caught.value.field == field
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 200


def test_random_json_is_read_or_refused() -> None:
    by = Random(11)

    def some(depth: int) -> Any:
        leaf: list[Any] = [None, True, -1, 10**30, 0.5, float("inf"), "ema", "😀", [], {}]
        if depth == 0 or by.random() < 0.4:
            return by.choice(leaf)
        if by.random() < 0.5:
            return [some(depth - 1) for _ in range(by.randrange(4))]
        names = ["evidence", "name", "kind", "rule", "ladder", "hold", "threshold", "shadow", "nudge", "x"]
        return {by.choice(names): some(depth - 1) for _ in range(by.randrange(5))}

    for _ in range(3000):
        made = some(1)
        written = {**GOOD, **made} if isinstance(made, dict) else some(4)
        with suppress(SpecBroken):
            assert isinstance(read(written), Spec)


def test_a_user_may_only_make_it_stricter() -> None:
    spec = read(with_(evidence=[{"name": "g", "threshold": 0.5}, {"name": "h", "threshold": 0.2}]))
    assert [each.threshold for each in spec.stricter(0.3).evidence] == [0.3, 0.2]
    assert spec.stricter(0.5) == spec
    assert [each.threshold for each in spec.stricter(0.0).evidence] == [0.0, 0.0]
    for looser in (0.500001, 1.0, float("nan"), float("inf"), -0.1):
        with pytest.raises(Looser):
            spec.stricter(looser)


def test_a_policy_without_a_threshold_judges_nobody() -> None:
    draft = read(default("g"))
    assert not draft.is_ready
    with pytest.raises(ValueError, match="calibrate"):
        Policy("1", draft)


def test_safenudge_has_its_predecessors_numbers() -> None:
    spec = read(safenudge("g"))
    assert spec.as_json()["rule"] == {"kind": "classic", "warmup": 4}
    assert (spec.tau, spec.hold, spec.ladder[0].kind) == (0.5, 0, "nudge")
