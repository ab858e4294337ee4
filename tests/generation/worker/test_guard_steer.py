"""A policy that steers: what its reader sees, what others don't, and what happens where it can't."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from generation.bus import Bus
from generation.models import Decision, Run
from guard import artifacts
from guard.audit import replaying
from guard.audit.models import Verdict as Kept
from guard.evidence.architecture import Architecture
from guard.evidence.artifact import make, write
from guard.evidence.card import Belongs, Card
from guard.evidence.direction import imported
from guard.models import Artifact
from guard.policy.gate import UNANSWERED
from tests.generation.saved import branch, new_run
from tests.generation.worker.engines import Told, told, working
from tests.generation.worker.guards import (
    GUARD,
    HOME,
    STEER,
    WIDTH,
    for_everybody,
    guarded,
    install,
    is_bad,
    temper,
    verdicts,
)

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 5, "max_new_tokens": 30}


@pytest.fixture(autouse=True)
def _guard(tmp_path: Path) -> None:
    install(tmp_path)


def direction(folder: Path, layer: int = 2) -> Artifact:
    save_file({"v": -np.ones(WIDTH, np.float32)}, folder / "v.safetensors")
    made = imported(folder / "v.safetensors", "calm", HOME, layer)
    write(made, folder / "calm")
    return artifacts.register(folder / "calm")


def run(bus: Bus, **settings: Any) -> tuple[Run, Told]:
    with working(bus, guarded(temper(bias=1.5))):
        made = new_run(settings=SETTINGS | settings)
        answer = told(made)
    made.refresh_from_db()
    return made, answer


def steers(made: Run) -> list[dict[str, Any]]:
    rows = Decision.objects.filter(run=made, body__kind="steer").order_by("number")
    return list(rows.values_list("body", flat=True))


def test_the_next_words_are_others_and_the_reader_is_told(bus: Bus) -> None:
    for_everybody(**STEER)
    made, answer = run(bus)
    first, second = steers(made)
    assert (first["guard"], first["tokens"], first["rung"]) == (GUARD, 3, 0)
    said = [message.detail for message in verdicts(answer) if message.action == "steer"]
    assert said == ["The guard found this text unsafe and steers the next words elsewhere."] * 2
    for event in (first, second):
        assert not any(is_bad(step.id) for step in answer.steps[event["at"] : event["at"] + 3])
    alarms = Kept.objects.filter(run=made.id, final=False)
    assert [row.action for row in alarms.order_by("entry_id")][:2] == ["steer", "steer"]
    assert replaying.again(list(Kept.objects.filter(run=made.id))).same


def test_a_vector_of_its_own_steers_too(bus: Bus, tmp_path: Path) -> None:
    made = direction(tmp_path)
    version = for_everybody(
        **STEER | {"ladder": [{"kind": "steer", "direction": "calm"}, {"kind": "refuse"}]}
    )
    assert version.artifacts["calm"] == made.sha256
    row, answer = run(bus)
    (event,) = steers(row)
    assert not any(is_bad(step.id) for step in answer.steps[event["at"] : event["at"] + 32])
    assert Kept.objects.filter(run=row.id).first().artifacts == version.artifacts  # type: ignore[union-attr]


def test_who_runs_beside_it_says_what_it_says_alone(bus: Bus) -> None:
    beside = {"seed": 8, "max_new_tokens": 30, "guard": False}
    with working(bus, guarded(temper(bias=1.5))):
        alone = told(new_run(settings=beside))
        for_everybody(**STEER, optional=True)
        made = [new_run(settings=one) for one in (SETTINGS, beside, SETTINGS | {"seed": 6})]
        answers = [told(one) for one in made]
    assert steers(made[0])
    assert not steers(made[1])
    assert answers[1].ids == alone.ids
    assert [step.p for step in answers[1].steps] == [step.p for step in alone.steps]


def test_a_branch_goes_on_as_its_parent_was_steered(bus: Bus) -> None:
    """Fresh words of the same seed are the parent's own, wherever it is cut."""
    for_everybody(**STEER, optional=True)
    parent, answer = run(bus)
    first, second = steers(parent)
    with working(bus, guarded(temper(bias=1.5))):
        for at in range(first["at"] + 1, second["at"] - 1):
            made = branch(parent, at)
            ids = told(made).ids
            assert ids[: second["at"] - 1] == answer.ids[: second["at"] - 1], at
        free = branch(parent, first["at"] + 1, settings={"guard": False})
        assert told(free).ids[first["at"] + 1 :] != answer.ids[first["at"] + 1 :]
        edited = branch(parent, first["at"] + 1, text=" so")
        steps = told(edited).steps
    forced = [step.origin for step in steps].count("edit")
    start = first["at"] + 1 + forced
    assert forced
    assert not any(is_bad(step.id) for step in steps[start : start + 2])


def test_a_direction_that_is_missing_fails_closed(bus: Bus, tmp_path: Path) -> None:
    direction(tmp_path)
    for_everybody(**STEER | {"ladder": [{"kind": "steer", "direction": "calm"}, {"kind": "refuse"}]})
    shutil.rmtree(tmp_path / "calm")
    made, answer = run(bus)
    assert (made.reason, made.message, answer.steps) == ("failed", UNANSWERED, [])


def test_no_policy_steers_below_what_anothers_guard_reads(bus: Bus, tmp_path: Path) -> None:
    """It would judge the steering, and not the text: the next rung is taken."""
    card = Card(
        name="higher",
        architecture=Architecture("linear", WIDTH, (), "identity", "none"),
        layers=(-1,),
        width=WIDTH,
        belongs=Belongs(HOME.name, HOME.fingerprint, HOME.layers),
        sha256="0" * 64,
    )
    write(make(card, {"weight.0": np.zeros((1, WIDTH)), "bias.0": -np.ones(1)}), tmp_path / "higher")
    artifacts.register(tmp_path / "higher")
    for_everybody(**STEER)
    evidence = [{"name": "higher", "threshold": 0.9}]
    for_everybody("other", evidence=evidence, shadow=True)
    assert steers(run(bus)[0])  # who only watches changes nothing
    other = for_everybody("other", evidence=evidence)
    made, _answer = run(bus)
    assert made.policies[-1] == other.pk
    assert not steers(made)
    alarms = Kept.objects.filter(run=made.id, final=False).order_by("entry_id")
    assert alarms[0].action == "nudge"
    assert replaying.again(list(Kept.objects.filter(run=made.id))).same
