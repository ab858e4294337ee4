"""The stream rules by their names. A new one is a class in a file of its own, and a line here."""

from __future__ import annotations

from guard.policy.classic import Classic
from guard.policy.consecutive import Consecutive
from guard.policy.ema import Ema
from guard.policy.rule import Rule

RULES: dict[str, type[Rule]] = {rule.kind: rule for rule in (Classic, Consecutive, Ema)}
