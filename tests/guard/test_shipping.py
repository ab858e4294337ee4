"""The guard that comes along: there once, renewed with its artifact, and never over a person's head."""

from pathlib import Path

import pytest

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
