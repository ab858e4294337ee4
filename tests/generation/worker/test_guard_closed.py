"""A guard that gives no answer, in whatever way and at whatever step: nothing unjudged leaves."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from prometheus_client import REGISTRY

from generation import lineage
from generation.bus import Bus
from generation.models import Run
from guard.audit.models import Verdict
from guard.evidence.artifact import Artifact as Files
from guard.models import Artifact, PolicyVersion
from guard.policy.gate import UNANSWERED
from tests.generation.engine.hanging import Hanging, impatient
from tests.generation.saved import new_run
from tests.generation.worker.engines import told, working
from tests.generation.worker.guards import CALM, GUARD, for_everybody, guarded, install, temper

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"seed": 5, "max_new_tokens": 10}
HOWS = ["raises", "nan", "inf", "-inf", "beyond", "below"]
VALUES = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "beyond": 1.5, "below": -0.5}


class Faulty(torch.nn.Module):
    """Fails at the n-th pass; each pass is one token of the one run."""

    def __init__(self, n: int, how: str) -> None:
        super().__init__()
        self.left, self.how = n, how

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        self.left -= 1
        if self.left >= 0:
            return torch.full((states.shape[0],), CALM)
        if self.how == "raises":
            raise RuntimeError("the probe fell over at /srv/guards/probe.safetensors")
        return torch.full((states.shape[0],), VALUES[self.how])


def errors() -> float:
    return REGISTRY.get_sample_value("safelens_guard_errors_total", {"guard": GUARD}) or 0.0


@pytest.mark.parametrize("hold", [0, 1, 3, 64])
def test_it_fails_closed_at_every_step(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: int
) -> None:
    install(tmp_path)
    for_everybody(hold=hold)
    # Every token of the run, those that are written ahead, and the judgement behind the last one; the ways to
    # fail take turns.
    for n in range(11 + hold):
        how = HOWS[(n + hold) % len(HOWS)]
        monkeypatch.setattr(Files, "module", lambda self, n=n, how=how: Faulty(n, how))
        before = errors()
        with working(bus, guarded(temper())):
            run = new_run(settings=SETTINGS)
            answer = told(run)
        row = Run.objects.get(id=run.id)
        assert (row.reason, row.message) == ("failed", UNANSWERED)
        assert answer.finished.message == UNANSWERED
        # With the n-th step came no judgement of the text before it, so neither it nor what was held leaves.
        assert len(answer.steps) == max(0, min(n - hold, 10)), n
        assert row.text == answer.text == lineage.text(run.id)
        assert errors() == before + 1
        failed = Verdict.objects.get(run=run.id, final=False)
        assert (failed.action, failed.guard, failed.score) == ("error", GUARD, None)
        assert Verdict.objects.get(run=run.id, final=True).action == "error"


@pytest.mark.parametrize("hold", [0, 3])
def test_one_that_hangs_fails_closed_at_every_step(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: int
) -> None:
    install(tmp_path)
    for_everybody(hold=hold, optional=True)
    for n in range(11 + hold):
        hanging = Hanging(n, CALM)
        monkeypatch.setattr(Files, "module", lambda self, hanging=hanging: hanging)
        before = errors()
        with impatient(monkeypatch) as said, working(bus, guarded(temper(), places=2)):
            beside = new_run("other", settings=SETTINGS | {"max_new_tokens": 30, "guard": False})
            run = new_run(settings=SETTINGS)
            answer = told(run)
            undisturbed = told(beside)
            hanging.let_go()
        assert len(said) == 1
        row = Run.objects.get(id=run.id)
        assert (row.reason, row.message) == ("failed", UNANSWERED)
        assert len(answer.steps) == max(0, min(n - hold, 10)), n
        assert row.text == answer.text == lineage.text(run.id)
        assert errors() == before + 1
        assert Verdict.objects.get(run=run.id, final=False).guard == GUARD
        assert Verdict.objects.get(run=run.id, final=True).action == "error"
        # Whom it doesn't judge it doesn't hold up for good.
        assert (str(undisturbed.finished.reason), len(undisturbed.steps)) == ("length", 30)


def test_a_shadow_policy_may_fail_and_the_run_goes_on(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path)
    for_everybody(shadow=True, hold=0)
    monkeypatch.setattr(Files, "module", lambda self: Faulty(3, "nan"))
    with working(bus, guarded(temper())):
        run = new_run(settings=SETTINGS)
        answer = told(run)
    assert (str(answer.finished.reason), len(answer.steps)) == ("length", 10)
    assert Verdict.objects.get(run=run.id, final=False).action == "error"


def _no_files(row: Artifact) -> None:
    Artifact.objects.update(where="/nowhere/at/all")


def _other_files(row: Artifact) -> None:
    (Path(row.where) / "card.json").write_text("{}")


def _no_row(row: Artifact) -> None:
    Artifact.objects.all().delete()


@pytest.mark.parametrize("lose", [_no_files, _other_files, _no_row])
def test_a_guard_that_is_missing_ends_the_run_before_it_begins(bus: Bus, tmp_path: Path, lose: Any) -> None:
    artifact = install(tmp_path)
    for_everybody()
    lose(artifact)
    with working(bus, guarded(temper())):
        run = new_run(settings=SETTINGS)
        answer = told(run)
    assert (str(answer.finished.reason), answer.finished.message, answer.steps) == ("failed", UNANSWERED, [])
    assert "/" not in (answer.finished.message or "")
    assert Verdict.objects.get(run=run.id).action == "error"
    if lose is not _no_row:
        assert Artifact.objects.get().problem


def test_a_guard_made_for_another_model_judges_none(bus: Bus, tmp_path: Path) -> None:
    from dataclasses import replace

    from tests.generation.worker.guards import HOME

    install(tmp_path, home=replace(HOME, fingerprint="another"))
    for_everybody()
    with working(bus, guarded(temper())):
        answer = told(new_run(settings=SETTINGS))
    assert (answer.finished.message, answer.steps) == (UNANSWERED, [])
    assert "other weights" in Artifact.objects.get().problem


def test_a_policy_that_is_gone_lets_nothing_through(bus: Bus, tmp_path: Path) -> None:
    install(tmp_path)
    for_everybody()
    run = new_run(settings=SETTINGS)
    Run.objects.filter(id=run.id).update(policies=[999_999])
    with working(bus, guarded(temper())):
        answer = told(run)
    assert (answer.finished.message, answer.steps) == (UNANSWERED, [])


def test_a_guard_that_was_missing_is_found_when_it_is_there(bus: Bus, tmp_path: Path) -> None:
    """Without a restart, and its problem is told no more."""
    artifact = install(tmp_path)
    for_everybody()
    where = artifact.where
    Artifact.objects.update(where="/nowhere/at/all")
    with working(bus, guarded(temper())):
        assert told(new_run(settings=SETTINGS)).steps == []
        Artifact.objects.update(where=where)
        while True:
            answer = told(new_run(settings=SETTINGS))
            if answer.steps:
                break
    assert str(answer.finished.reason) == "length"
    assert Artifact.objects.get().problem == ""


def test_a_policy_published_later_judges_the_next_run_without_a_restart(bus: Bus, tmp_path: Path) -> None:
    install(tmp_path)
    with working(bus, guarded(temper(bias=2.0))):
        free = new_run(settings=SETTINGS)
        told(free)
        first = for_everybody()
        judged = new_run(settings=SETTINGS)
        told(judged)
        install(tmp_path, weight=2.0)
        second = for_everybody()
        anew = new_run(settings=SETTINGS)
        told(anew)
    assert PolicyVersion.objects.count() == 2
    found = [Run.objects.get(id=run.id).policies for run in (free, judged, anew)]
    assert found == [[], [first.pk], [second.pk]]
    kept = Verdict.objects.filter(run=anew.id, final=True).get()
    assert kept.artifacts == second.artifacts != first.artifacts
