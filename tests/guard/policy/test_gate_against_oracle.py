"""At least 100,000 random runs: what the gate lets out is what an oracle says that knows the whole text.

Policies, models, prefixes, guards that fail at any offset, and processes that die at any token, with any
part of what they released not recorded: all drawn by the case's number, which a failure names.
"""

from __future__ import annotations

from random import Random

import pytest

from guard.policy import Event
from tests.guard.policy import chance
from tests.guard.policy.oracle import Oracle
from tests.guard.policy.world import Story, play

pytestmark = pytest.mark.once

CASES = 100_000
PARTS = 20  # each far below the time that one test may take, on a busy machine too


def told(story: Story) -> list[object]:
    """What a reader hears, in the oracle's words."""
    heard: list[object] = []
    for each in story.out:
        if not isinstance(each, Event):
            heard.append(each)
        elif each.kind == "nudge":
            heard.append(("nudge", each.at))
        elif each.kind == "retract":
            heard.append(("retract", each.first, each.last))
    return heard


def check(case: int, longest: int) -> Story:
    by = Random(case)
    policies, model = chance.policies(by), chance.model(by, longest, fails=by.random() < 0.25)
    kills = frozenset(by.randint(1, 2 * longest) for _ in range(by.choice((0, 0, 1, 3))))
    story = play(policies, model, kills, case)
    oracle = Oracle([policy.spec.as_json() for policy in policies], model).run()
    assert told(story) == oracle.out, f"case {case}"
    assert story.end == oracle.end, f"case {case}"
    raised = [alarm for alarm in story.alarms if alarm[1] != "error"]
    assert sorted(raised) == sorted(oracle.alarms), f"case {case}"
    return story


@pytest.mark.parametrize("part", range(PARTS))
def test_it_releases_what_the_oracle_releases(part: int) -> None:
    ends: dict[str, int] = {}
    actions: dict[str, int] = {}
    for case in range(part, CASES, PARTS):
        story = check(case, longest=9)
        ends[story.end] = ends.get(story.end, 0) + 1
        for _, action, _ in story.alarms:
            actions[action] = actions.get(action, 0) + 1
    # The cases are worth something: every end and every action comes often.
    assert min(ends.get(end, 0) for end in ("eos", "length", "blocked", "failed")) > 100
    everything = ("flag", "nudge", "rollback+nudge", "backtrack", "steer", "refuse", "block", "error")
    assert min(actions.get(action, 0) for action in everything) > 100


def test_it_does_so_in_long_runs() -> None:
    for case in range(1_000_000, 1_000_400):
        check(case, longest=60)
