"""What a guard took back: struck out for a member of staff on their own run, and for nobody else at all."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from frontend.accounts.models import User
from generation.models import Run, RunEvent
from guard.audit import erasure, tape, verdicts
from guard.audit.models import Entry, Verdict
from guard.audit.tape import Fate
from tests.frontend.test_sharing import SharingTest
from tests.guard.audit import gated

SCORES = [0.1, 0.1, 0.1, 0.9, 0.1]
SPEC: dict[str, Any] = {"ladder": [{"kind": "block"}], "hold": 0}


class WithdrawnTest(SharingTest):
    def setUp(self) -> None:
        super().setUp()
        User.objects.filter(pk=self.owner.pk).update(is_staff=True)
        self.run_ = self.run_of(steps=6)
        self.judged(self.run_, SPEC)

    def judged(self, run: Run, *specs: dict[str, Any], scores: list[float] = SCORES) -> None:
        """By policies that take back all that was sent, and tell of it."""
        versions = [gated.published(f"policy {n} of {run.id}", **spec) for n, spec in enumerate(specs)]
        verdicts.record(gated.run(versions, scores, run.id))
        count = self.fates(run).count(Fate.RETRACTED)
        body = {"from": 0, "to": count - 1, "reason": "unsafe"}
        RunEvent.objects.create(run=run, position=count, seq=1, kind="retract", body=body)

    def fates(self, run: Run) -> list[Fate]:
        return [token.fate for token in tape.decode(Verdict.objects.get(run=run.id, final=True).tape)]

    def words(self, run: Run, client: Any = None) -> Any:
        answer = (client or self.as_owner).post(f"/runs/{run.id}/withdrawn.json")
        return answer.json()["words"] if answer.status_code == 200 else answer.status_code

    def views(self) -> list[str]:
        return list(Entry.objects.filter(kind=Entry.Kind.VIEW).values_list("subject", flat=True))

    def test_staff_see_the_words_of_their_own_run_and_the_audit_notes_it(self) -> None:
        words = self.words(self.run_)
        assert words == {str(step): f" {step}" for step in range(len(words))}
        assert len(words) >= 3
        assert self.views() == [f"run:{self.run_.id}"]

    def test_nobody_else_gets_them(self) -> None:
        User.objects.filter(pk=self.stranger.pk).update(is_staff=True)
        assert self.words(self.run_, self.as_stranger) == 404
        assert self.words(self.run_, self.client) == 401
        User.objects.filter(pk=self.owner.pk).update(is_staff=False)
        assert self.words(self.run_) == 404
        assert self.as_owner.get(f"/runs/{self.run_.id}/withdrawn.json").status_code == 405
        assert self.as_owner.post("/runs/no-such-run/withdrawn.json").status_code == 404
        assert self.views() == []

    def test_what_was_dropped_before_it_was_sent_is_never_among_them(self) -> None:
        run = self.run_of("Held", steps=6)
        self.judged(run, {"ladder": [{"kind": "block"}], "hold": 2})
        fates = self.fates(run)
        assert Fate.DROPPED in fates
        assert len(self.words(run)) == fates.count(Fate.RETRACTED)

    def test_a_run_of_which_nothing_was_taken_back_leaves_no_entry(self) -> None:
        run = self.run_of("Harmless", steps=4)
        verdicts.record(gated.run([gated.published("harmless")], [0.1, 0.1, 0.1], run.id))
        assert self.words(run) == {}
        assert self.views() == []

    def test_a_shadow_took_nothing_back(self) -> None:
        run = self.run_of("Shadow", steps=6)
        verdicts.record(gated.run([gated.published("shadow", **SPEC, shadow=True)], SCORES, run.id))
        body = {"from": 0, "to": 3, "reason": "unsafe"}
        RunEvent.objects.create(run=run, position=4, seq=1, kind="retract", body=body)
        assert self.words(run) == {}

    def test_a_branch_has_those_of_the_steps_that_it_shares(self) -> None:
        branch = self.branch_of(self.run_, 2, steps=6)
        assert self.words(branch) == {"0": " 0", "1": " 1"}

    def test_erased_words_are_gone(self) -> None:
        erasure.of_runs([self.run_.id], None)
        assert self.words(self.run_) == {}

    def test_a_deleted_run_is_no_run(self) -> None:
        Run.objects.filter(id=self.run_.id).update(deleted=timezone.now())
        assert self.words(self.run_) == 404

    def test_only_a_member_of_staff_gets_a_page_that_asks(self) -> None:
        path = f"/studies/{self.run_.study_id}/"
        self.assertContains(self.as_owner.get(path), "data-strikes")
        User.objects.filter(pk=self.owner.pk).update(is_staff=False)
        self.assertNotContains(self.as_owner.get(path), "data-strikes")
