"""What judged a run, for its owner's page: the policies in force, and no shadow."""

from typing import Any

from generation.models import Run
from tests.frontend.test_lens import StudyTest
from tests.guard.audit.gated import published

SPEC: dict[str, Any] = {
    "evidence": [{"name": "probe", "place": "stream", "threshold": 0.8}],
    "rule": {"kind": "consecutive", "k": 3},
    "ladder": [{"kind": "nudge"}, {"kind": "refuse"}],
    "hold": 2,
}


class GuardingTest(StudyTest):
    def setUp(self) -> None:
        super().setUp()
        self.run_ = self.run_of("One")
        self.address = f"/runs/{self.run_.id}/guard.json"

    def judged_by(self, *specs: dict[str, Any], tau: float | None = None) -> None:
        versions = []
        for number, spec in enumerate(specs, 1):
            versions.append(published(f"policy {number}", **spec).pk)
        settings = {**self.run_.settings, "tau": tau}
        Run.objects.filter(id=self.run_.id).update(policies=versions, settings=settings)

    def test_the_owner_sees_rule_and_line(self) -> None:
        self.judged_by(SPEC)
        assert self.as_owner.get(self.address).json() == {
            "policies": [
                {
                    "name": "policy 1",
                    "number": 1,
                    "rule": {"kind": "consecutive", "k": 3},
                    "hold": 2,
                    "evidence": [{"name": "probe", "threshold": 0.8}],
                }
            ]
        }

    def test_a_stricter_tau_is_in_it(self) -> None:
        self.judged_by(SPEC, tau=0.3)
        (policy,) = self.as_owner.get(self.address).json()["policies"]
        assert policy["evidence"] == [{"name": "probe", "threshold": 0.3}]

    def test_a_shadow_is_the_staffs_alone(self) -> None:
        self.judged_by({**SPEC, "shadow": True}, SPEC)
        names = [one["name"] for one in self.as_owner.get(self.address).json()["policies"]]
        assert names == ["policy 2"]

    def test_what_nothing_judges_has_no_policies(self) -> None:
        assert self.as_owner.get(self.address).json() == {"policies": []}

    def test_a_stranger_and_nobody_see_nothing(self) -> None:
        assert self.as_stranger.get(self.address).status_code == 404
        assert self.client.get(self.address).status_code == 401
        assert self.as_owner.get("/runs/no-such-run/guard.json").status_code == 404
        assert self.as_owner.post(self.address).status_code == 405
