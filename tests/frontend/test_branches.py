"""What an owner does to the branches of a study, and what nobody else does."""

from typing import Any

from generation.begin import Asking, begin
from generation.models import Run, Study
from generation.protocol import Branch
from tests.frontend.test_lens import StudyTest

CHANGES = ("delete-branch", "restore-branch", "favourite", "seen")


class BranchesTest(StudyTest):
    def setUp(self) -> None:
        super().setUp()
        self.first = self.run_of("One")
        Run.objects.filter(id=self.first.id).update(status="finished", steps=9)
        self.branch = begin(Asking(self.owner.pk, ["tiny"]), Branch(run=self.first.id, at=4))
        Run.objects.filter(id=self.branch.id).update(status="finished", steps=9)

    def ask(self, what: str, body: Any, client: Any = None) -> Any:
        address = f"/studies/{self.first.study_id}/{what}"
        return (client or self.as_owner).post(address, body, content_type="application/json")

    def test_a_branch_goes_and_comes_back(self) -> None:
        gone = self.ask("delete-branch", {"run": self.branch.id, "at": 4}).json()
        assert gone["runs"] == [self.branch.id]
        deleted = {run["id"]: run["deleted"] for run in gone["outline"]["runs"]}
        assert deleted[self.branch.id]
        assert deleted[self.first.id] is None
        back = self.ask("restore-branch", {"run": self.branch.id}).json()
        assert back["runs"] == [self.branch.id]
        assert {run["deleted"] for run in back["outline"]["runs"]} == {None}

    def test_a_turn_goes_as_a_whole(self) -> None:
        gone = self.ask("delete-branch", {"run": self.first.id, "at": None}).json()
        assert sorted(gone["runs"]) == sorted([self.first.id, self.branch.id])

    def test_the_study_opens_on_its_favourite(self) -> None:
        assert self.ask("favourite", {"run": self.first.id}).json() == {"favourite": self.first.id}
        outline = self.as_owner.get(f"/studies/{self.first.study_id}/tree.json").json()
        assert outline["favourite"] == self.first.id
        assert self.ask("favourite", {"run": None}).json() == {"favourite": None}
        self.ask("delete-branch", {"run": self.branch.id, "at": 4})
        assert self.ask("favourite", {"run": self.branch.id}).status_code == 404

    def test_what_was_seen_is_remembered(self) -> None:
        assert self.ask("seen", {"runs": [self.first.id, "never-was-one"]}).status_code == 204
        assert list(Run.objects.filter(seen=True)) == [self.first]

    def test_a_run_of_another_study_is_not_found(self) -> None:
        other = self.run_of("Two")
        for what in ("delete-branch", "restore-branch", "favourite"):
            assert self.ask(what, {"run": other.id, "at": 0}).status_code == 404
        self.ask("seen", {"runs": [other.id]})
        assert not Run.objects.filter(seen=True).exists()

    def test_a_stranger_finds_nothing_and_changes_nothing(self) -> None:
        body = {"run": self.branch.id, "at": 0, "runs": [self.first.id]}
        for what in CHANGES:
            for client in (self.as_stranger, self.as_team_mate):
                answer = self.ask(what, body, client)
                assert answer.status_code == 404
                assert answer.json()["error"]["message"] == "There is no such study."
            assert self.ask(what, body, self.client).status_code == 401
        assert not Run.objects.exclude(deleted=None).exists()
        assert not Run.objects.filter(seen=True).exists()
        assert Study.objects.get(id=self.first.study_id).favourite is None

    def test_they_take_no_other_method(self) -> None:
        for what in CHANGES:
            assert self.as_owner.get(f"/studies/{self.first.study_id}/{what}").status_code == 405

    def test_what_can_t_be_read_is_told_in_a_sentence(self) -> None:
        for body in ("", "[]", "{", "null", '{"run": 1, "at": 0}', b"\xff\xfe"):
            answer = self.ask("delete-branch", body)
            assert answer.status_code in (400, 404)
            assert answer.json()["error"]["message"].endswith(".")
        for at in (-1, "0", 1.5, True, 10**400):
            assert self.ask("delete-branch", {"run": self.branch.id, "at": at}).status_code == 400
        for runs in (None, "x", [1], ["x" * 99], ["\ud800"], ["a"] * 5001):
            assert self.ask("seen", {"runs": runs}).status_code == 400
        assert not Run.objects.exclude(deleted=None).exists()

    def test_another_site_s_form_is_refused(self) -> None:
        client = self.client_class(enforce_csrf_checks=True)
        client.force_login(self.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.post(
            f"/studies/{self.first.study_id}/delete-branch",
            {"run": self.branch.id, "at": 0},
            content_type="application/json",
        )
        assert answer.status_code == 403

    def test_opening_costs_no_more_queries_with_thousands_of_runs(self) -> None:
        path = f"/studies/{self.first.study_id}/tree.json"
        with self.assertNumQueries(6):
            self.as_owner.get(path)
        Run.objects.bulk_create(
            Run(study=self.first.study, owner=self.owner, turn=self.first.turn, parent=self.first, at=3,
                settings={}, model="tiny", status="finished", steps=9)
            for _ in range(2000)
        )  # fmt: skip
        with self.assertNumQueries(6):
            assert len(self.as_owner.get(path).json()["runs"]) == 2002
