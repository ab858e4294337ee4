"""From JSON to a policy: every field is checked, and the first mistake is one sentence with its place."""

from __future__ import annotations

import re
from typing import Any

from guard.policy.actions import ACTIONS
from guard.policy.fields import Fields
from guard.policy.rule import Rule
from guard.policy.rules import RULES
from guard.policy.rung import Rung
from guard.policy.spec import NUDGE, PLACES, REFUSAL, Calibration, Evidence, Spec

MOST_HOLD = 64
LONGEST = 2000  # characters
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def read(written: Any) -> Spec:
    fields = Fields(written)
    rule = _rule(Fields(fields.take("rule", {"kind": "ema"}), "rule"))
    shadow = fields.yes("shadow", False)
    spec = Spec(
        evidence=_evidence(fields, rule),
        rule=rule,
        ladder=_ladder(fields),
        hold=fields.whole("hold", rule.hold, 0, MOST_HOLD),
        on_error=fields.choice("on_error", "allow" if shadow else "block", ("block", "allow")),
        optional=fields.yes("optional", False),
        shadow=shadow,
        nudge=fields.text("nudge", NUDGE, LONGEST),
        refusal=fields.text("refusal", REFUSAL, LONGEST),
        cooldown=fields.whole("cooldown", 32, 0, 4096),
        nudges=fields.whole("nudges", 2, 0, 8),
        output=fields.choice("output", "live", ("live", "held")),
    )
    if spec.on_error == "allow" and not shadow:
        raise fields.fail("on_error", "Only a shadow policy may go on when its evidence fails.")
    if spec.output == "held" and not spec.at("output"):
        raise fields.fail("output", "Nothing judges the output as a whole, so nothing can be held for it.")
    fields.close()
    return spec


def _evidence(fields: Fields, rule: Rule) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    for row in fields.rows("evidence", (), 16):
        name = row.text("name", "", 64)
        if not _NAME.fullmatch(name):
            raise row.fail("name", "A guard's name has small letters, digits, dots and dashes.")
        place = row.choice("place", "stream", PLACES)
        threshold = row.maybe("threshold", 0.0, 1.0)
        budget = row.maybe("budget", 0.0, 1.0)
        if threshold is None and budget is None:
            raise row.fail("threshold", "This needs a threshold, or a budget to find it with.")
        if threshold is not None and place == "stream" and threshold > rule.highest:
            raise row.fail("threshold", f"This rule never reaches more than {rule.highest:.4f}.")
        if any(each.name == name and each.place == place for each in found):
            raise row.fail("name", "This guard stands here twice at the same place.")
        found.append(Evidence(name, place, threshold, budget, _calibration(row)))
        row.close()
    return tuple(found)


def _calibration(row: Fields) -> Calibration | None:
    written = row.take("calibration", None)
    if written is None:
        return None
    fields = Fields(written, row.path("calibration"))
    made = Calibration(
        fields.number("budget", -1, 0, 1),
        fields.whole("count", -1, 1, 10**9),
        fields.whole("stopped", -1, 0, 10**9),
        fields.number("bound", -1, 0, 1),
    )
    fields.close()
    return made


def _rule(fields: Fields) -> Rule:
    kind = fields.choice("kind", "ema", tuple(RULES))
    made = RULES[kind].read(fields)
    fields.close()
    return made


def _ladder(fields: Fields) -> tuple[Rung, ...]:
    rows = fields.rows("ladder", ({"kind": "rollback+nudge"}, {"kind": "refuse"}), 8)
    rungs = [_rung(row) for row in rows]
    for row, rung in zip(rows[:-1], rungs[:-1], strict=True):
        if ACTIONS[rung.kind].ends:
            raise row.fail("kind", "Nothing comes after the end of a run: this can only stand last.")
    if ACTIONS[rungs[-1].kind].acts and not ACTIONS[rungs[-1].kind].ends:
        raise rows[-1].fail("kind", "The last rung has to be flag, refuse or block.")
    return tuple(rungs)


def _rung(row: Fields) -> Rung:
    kind = row.choice("kind", "", tuple(ACTIONS))
    usual = Rung(kind)
    times = row.maybe_whole("times", 1, 64)
    rung = Rung(
        kind,
        times,
        row.number("cooling", usual.cooling, 0, 1),
        row.text("direction", "", 64, empty=True),
        row.maybe_whole("layer", -512, 512),
        row.number("strength", usual.strength, -1000, 1000),
        row.whole("tokens", usual.tokens, 1, 4096),
    )
    if rung.direction and not _NAME.fullmatch(rung.direction):
        raise row.fail("direction", "A direction's name has small letters, digits, dots and dashes.")
    if kind == "steer" and rung.strength == 0:
        raise row.fail("strength", "Steering by 0 steers nowhere.")
    row.close()
    return rung
