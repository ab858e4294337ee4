"""The guard that comes along: there once, renewed with its artifact, and never over a person's head."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError, connections

from frontend.serving import preparation
from generation.management.commands import runengine
from guard import publishing, shipping
from guard.evidence.card import Calibration, Threshold
from guard.evidence.refused import ArtifactRefused
from guard.models import Artifact, Assignment, Policy, PolicyVersion
from guard.policy.reading import read
from tests.generation.worker.guards import GUARD, suspicious
from tests.tiny import tiny_llama_dir

pytestmark = pytest.mark.django_db(transaction=True)

CALIBRATED = Calibration(thresholds=(Threshold("ema", 0.01, 0.8, 1000, 8, 0.0144),))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama_dir(tmp_path_factory.mktemp("model") / "tiny-llama")


def versions(name: str) -> list[int | None]:
    return list(
        PolicyVersion.objects.filter(policy__name=name).order_by("number").values_list("number", flat=True)
    )


def test_what_comes_along_is_in_place_after_the_first_start_and_stays(model: Path, tmp_path: Path) -> None:
    suspicious(tmp_path / "guard", model, calibration=CALIBRATED)
    for _ in range(3):
        assert shipping.ship(tmp_path / "guard", "sandbox")
    assert versions("SafeNudge") == versions("default") == [1]
    (assigned,) = Assignment.objects.all()
    assert (assigned.policy.name, assigned.model) == ("default", "sandbox")
    assert assigned.group is None
    assert assigned.token is None
    spec = read(PolicyVersion.objects.get(policy__name="default").spec)
    assert (spec.tau, spec.hold, spec.optional, spec.rule.kind) == (0.8, 8, True, "ema")
    found = spec.evidence[0].calibration
    assert found is not None
    assert (found.count, found.bound) == (1000, 0.0144)


def test_a_newer_artifact_makes_newer_versions_and_old_ones_stay(model: Path, tmp_path: Path) -> None:
    suspicious(tmp_path / "guard", model, calibration=CALIBRATED)
    shipping.ship(tmp_path / "guard", "sandbox")
    Assignment.objects.all().delete()  # somebody's decision
    suspicious(tmp_path / "guard", model, bias=2.0, calibration=CALIBRATED)
    shipping.ship(tmp_path / "guard", "sandbox")
    assert versions("default") == versions("SafeNudge") == [1, 2]
    assert Artifact.objects.filter(name=GUARD).count() == 2
    assert not Assignment.objects.exists()


def test_what_a_person_published_stays(model: Path, tmp_path: Path) -> None:
    suspicious(tmp_path / "guard", model, calibration=CALIBRATED)
    shipping.ship(tmp_path / "guard", "sandbox")
    policy = Policy.objects.get(name="default")
    publishing.edit(policy, read(policy.versions.get().spec | {"hold": 3}))
    publishing.publish(policy, by=1)
    suspicious(tmp_path / "guard", model, bias=2.0, calibration=CALIBRATED)
    shipping.ship(tmp_path / "guard", "sandbox")
    assert versions("default") == [1, 2]
    assert versions("SafeNudge") == [1, 2]


def test_without_a_threshold_the_default_waits_as_a_draft(model: Path, tmp_path: Path) -> None:
    suspicious(tmp_path / "guard", model)
    shipping.ship(tmp_path / "guard", "sandbox")
    assert versions("default") == [None]
    assert not Assignment.objects.exists()
    suspicious(tmp_path / "guard", model, calibration=CALIBRATED)
    shipping.ship(tmp_path / "guard", "sandbox")
    assert versions("default") == [1]
    assert Assignment.objects.count() == 1


def test_nothing_to_ship_is_no_error_and_a_broken_one_is(model: Path, tmp_path: Path) -> None:
    assert not shipping.ship(tmp_path / "guard", "sandbox")
    suspicious(tmp_path / "guard", model)
    (tmp_path / "guard" / "probe.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ArtifactRefused):
        shipping.ship(tmp_path / "guard", "sandbox")
    assert not Policy.objects.exists()


def test_of_several_that_start_at_once_one_ships(model: Path, tmp_path: Path) -> None:
    suspicious(tmp_path / "guard", model, calibration=CALIBRATED)
    for bias in (3.0, 2.0):  # at the first start, and with a newer guard
        suspicious(tmp_path / "guard", model, bias=bias, calibration=CALIBRATED)
        together = threading.Barrier(3)
        problems: list[Any] = []

        def start(together: threading.Barrier = together, problems: list[Any] = problems) -> None:
            together.wait(20)
            try:
                shipping.ship(tmp_path / "guard", "sandbox")
            except Exception as problem:
                problems.append(problem)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=start) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert problems == []
    assert versions("default") == versions("SafeNudge") == [1, 2]
    assert Assignment.objects.count() == 1


@pytest.mark.parametrize("embedded", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_serve_brings_them_where_they_are_needed(
    model: Path, tmp_path: Path, settings: Any, embedded: bool, own: bool
) -> None:
    suspicious(tmp_path / "guard", model, calibration=CALIBRATED)
    settings.EMBEDDED, settings.SAFELENS_BUNDLED_GUARD = embedded, str(tmp_path / "guard")
    settings.SAFELENS_MODEL = str(model) if own else settings.SAFELENS_BUNDLED_MODEL
    preparation.guards()
    assert Assignment.objects.exists() is (embedded or not own)


@pytest.mark.parametrize("own", [False, True])
def test_so_does_an_engine(model: Path, tmp_path: Path, settings: Any, own: bool) -> None:
    suspicious(tmp_path / "guard", model, calibration=CALIBRATED)
    settings.SAFELENS_BUNDLED_GUARD = str(tmp_path / "guard")
    settings.SAFELENS_MODEL = str(model) if own else settings.SAFELENS_BUNDLED_MODEL
    runengine.Command._bring_guards()
    assert Assignment.objects.exists() is not own
    (tmp_path / "guard" / "probe.safetensors").write_bytes(b"no tensors")
    if not own:
        with pytest.raises(CommandError, match=r"too large|aren't those of its card"):
            runengine.Command._bring_guards()


def test_an_engine_that_finds_no_database_goes_on(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> bool:
        raise OperationalError("the database is away")

    settings.SAFELENS_MODEL = settings.SAFELENS_BUNDLED_MODEL
    monkeypatch.setattr(shipping, "ship", away)
    runengine.Command._bring_guards()
    assert "can't be put in place yet: the database is away" in caplog.text
