"""The audit's texts of a run last as long as the run."""

from django.test import TestCase
from django.utils import timezone

from generation import forgetting
from generation.models import Run
from guard.audit import verdicts
from guard.audit.models import Entry, Text
from guard.audit.verification import verify
from tests.generation.saved import new_run
from tests.guard.audit.judged import judged


class SweepTest(TestCase):
    def setUp(self) -> None:
        self.runs: list[Run] = [new_run("ann"), new_run("ann"), new_run("ann")]
        for run in self.runs:
            verdicts.record([judged(run=run.id, owner=run.owner_id)])

    def test_what_is_there_is_kept(self) -> None:
        assert forgetting.sweep() == 0
        assert Text.objects.count() == 3
        assert not Entry.objects.filter(kind="erasure").exists()

    def test_a_run_that_is_gone_is_forgotten_once(self) -> None:
        self.runs[0].delete()
        Run.objects.filter(id=self.runs[1].id).update(gone=timezone.now())
        assert forgetting.sweep() == 2
        assert forgetting.sweep() == 0
        assert Text.objects.get().entry.subject == f"run:{self.runs[2].id}"
        assert Entry.objects.filter(kind="erasure").count() == 1
        assert verify().problem == ""
