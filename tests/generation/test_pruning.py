"""Branches that are deleted, brought back, and removed for good."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import lineage, pruning, sealing, studies
from generation.begin import begin, find_run
from generation.chunks import encode, logprobs, tokens, until
from generation.limits import Refused, usage
from generation.models import Run, RunEvent, StepChunk, Study, Turn
from generation.outline import outline
from generation.protocol import Branch, Generate, Gone
from generation.replay import history
from generation.tree import tree
from tests.generation.saved import FINGERPRINT, asking, block, branch, new_run, record, recorded_steps, user

pytestmark = pytest.mark.django_db


def ended(run: Run, steps: int = 10, seed: int = 1) -> Run:
    """The run with steps of its own from `at` to `steps`, in two chunks, and sealed."""
    middle = (run.at + steps) // 2
    for first, end in ((run.at, middle), (middle, steps)):
        if end > first:
            StepChunk.objects.create(
                run=run, first=first, count=end - first, version=1, blob=block(seed, first, end - first)
            )
    Run.objects.filter(id=run.id).update(
        status="finished",
        reason="length",
        steps=steps,
        fingerprint=FINGERPRINT,
        text=f"text {seed}",
        folded="text",
    )
    sealing.seal(run.id)
    run.refresh_from_db()
    return run


class Family:
    """first(0…10) ─ branch(4…10) ─ twig(7…10), other(6…10) of first; a turn behind branch."""

    def __init__(self) -> None:
        self.first = ended(new_run(), seed=1)
        self.branch = ended(branch(self.first, 4), seed=2)
        self.twig = ended(branch(self.branch, 7), seed=3)
        self.other = ended(branch(self.first, 6), seed=4)
        self.next = ended(new_run(after=self.branch.id, prompt="Next"), seed=5)
        self.study = self.first.study

    def left(self) -> set[str]:
        return set(Run.objects.filter(study=self.study, deleted=None).values_list("id", flat=True))

    def ids(self, *names: str) -> set[str]:
        return {getattr(self, name).id for name in names}


def test_a_branch_goes_with_all_that_grew_from_it() -> None:
    family = Family()
    gone = pruning.delete(family.study, family.branch.id, 5)
    assert set(gone) == family.ids("branch", "twig", "next")
    assert family.left() == family.ids("first", "other")


def test_what_parted_before_stays_though_its_parent_goes() -> None:
    family = Family()
    assert set(pruning.delete(family.study, family.first.id, 7)) == family.ids("first")
    assert family.left() == family.ids("branch", "twig", "other", "next")
    assert recorded_steps(family.other.id) == list(range(10))
    assert recorded_steps(family.twig.id) == list(range(10))


def test_a_whole_turn_goes_with_all_that_follow() -> None:
    family = Family()
    pruning.delete(family.study, family.twig.id, None)
    assert family.left() == set()
    with pytest.raises(Refused):
        branch(family.other, 2)
    assert begin(asking(), Generate(prompt="Anew", study=family.study.id)).turn.follows is None


def test_a_deleted_run_is_nowhere_to_be_found() -> None:
    family = Family()
    pruning.delete(family.study, family.branch.id, 4)
    with pytest.raises(Refused):
        find_run(user(), family.branch.id)
    with pytest.raises(Refused):
        begin(asking(), Branch(run=family.twig.id, at=2))
    with pytest.raises(Refused):
        begin(asking(), Generate(prompt="x", after=family.next.id))
    assert [type(message) for message in history(family.twig.id)] == [Gone]
    assert {run["id"] for run in tree(family.study.id).runs} == family.ids("first", "other")
    assert [turn.text for turn in tree(family.study.id).turns] == ["Hi"]
    assert {run["id"] for run in outline(family.study)["runs"]} == family.ids("first", "other")
    assert len(outline(family.study, deleted=True)["runs"]) == 5


def test_an_outline_for_others_says_no_word_of_what_was_deleted() -> None:
    family = Family()
    pruning.delete(family.study, family.first.id, 8)
    husk = next(run for run in outline(family.study)["runs"] if run["id"] == family.first.id)
    assert husk["deleted"]
    assert husk["opening"] == ""


def test_its_space_is_free_again() -> None:
    family = Family()
    before = usage(user()).stored_steps
    pruning.delete(family.study, family.first.id, 0)
    assert before == 10 + 6 + 3 + 4 + 10
    assert usage(user()).stored_steps == 0


def test_a_run_that_goes_on_is_stopped() -> None:
    family = Family()
    going = branch(family.branch, 8)
    pruning.delete(family.study, family.branch.id, 5)
    going.refresh_from_db()
    assert (going.status, going.reason) == ("finished", "cancelled")


def test_a_favourite_that_goes_is_none_any_more() -> None:
    family = Family()
    Study.objects.filter(id=family.study.id).update(favourite=family.twig.id)
    pruning.delete(family.study, family.branch.id, 5)
    family.study.refresh_from_db()
    assert family.study.favourite is None


def test_what_was_deleted_together_comes_back_together() -> None:
    family = Family()
    pruning.delete(family.study, family.other.id, 8)
    pruning.delete(family.study, family.branch.id, 5)
    assert set(pruning.restore(family.study, family.twig.id)) == family.ids("branch", "twig", "next")
    assert family.left() == family.ids("first", "branch", "twig", "next")
    assert pruning.restore(family.study, family.twig.id) == []


def test_what_it_stands_on_comes_back_too() -> None:
    family = Family()
    pruning.delete(family.study, family.next.id, 0)
    pruning.delete(family.study, family.branch.id, 4)
    assert set(pruning.restore(family.study, family.next.id)) == family.ids("next", "branch")


def test_nothing_is_removed_for_30_days() -> None:
    family = Family()
    pruning.delete(family.study, family.first.id, 0)
    Run.objects.filter(study=family.study).update(
        deleted=timezone.now() - pruning.KEPT + timedelta(minutes=1)
    )
    assert pruning.purge() == 0
    assert Run.objects.filter(study=family.study).count() == 5


def test_then_everything_of_it_is() -> None:
    family = Family()
    pruning.delete(family.study, family.first.id, None)
    Run.objects.filter(study=family.study).update(
        deleted=timezone.now() - pruning.KEPT - timedelta(minutes=1)
    )
    assert pruning.purge() == 5
    for model in (Run, Turn, StepChunk, RunEvent):
        assert not model._default_manager.exists()


def test_of_a_run_whose_steps_are_shared_only_those_are_left() -> None:
    family = Family()
    RunEvent.objects.create(run=family.first, position=9, seq=1, kind="verdict", body={"detail": "secret"})
    pruning.delete(family.study, family.first.id, 8)
    before = list(history(family.other.id))
    Run.objects.exclude(deleted=None).update(deleted=timezone.now() - timedelta(days=31))
    pruning.purge()
    family.first.refresh_from_db()
    assert (family.first.text, family.first.opening, family.first.steps) == ("", "", 6)
    kept = [token.i for blob in StepChunk.objects.filter(run=family.first).values_list("blob", flat=True)
            for token in tokens(bytes(blob))]  # fmt: skip
    assert kept == list(range(6))
    assert not RunEvent.objects.filter(run=family.first, kind="verdict").exists()
    assert list(history(family.other.id)) == before
    assert pruning.purge() == 0  # again: nothing more to do
    pruning.delete(family.study, family.branch.id, 4)
    pruning.delete(family.study, family.other.id, 6)
    Run.objects.exclude(deleted=None).update(deleted=timezone.now() - timedelta(days=31))
    assert pruning.purge() == 5


def test_a_study_of_thousands_is_pruned_with_a_few_questions() -> None:
    first = ended(new_run())
    Run.objects.bulk_create(
        Run(study=first.study, owner=first.owner, turn=first.turn, parent=first, at=5, settings={}, model="m",
            status="finished", steps=9)
        for _ in range(2000)
    )  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        gone = pruning.delete(first.study, first.id, 2)
    assert len(gone) == 2001
    assert len(asked) <= 14


def test_an_end_says_how_its_own_steps_begin_and_how_sure_the_model_was() -> None:
    family = Family()
    own = [record(2, i) for i in range(4, 10)]
    family.branch.refresh_from_db()
    assert family.branch.opening == "".join(step.text for step in own).strip()
    assert family.branch.logprob == pytest.approx(sum(step.logprob for step in own) / 6)
    assert lineage.text(family.branch.id).endswith(family.branch.opening)


def test_the_first_steps_of_bytes_are_the_same_steps() -> None:
    blob = block(1, 3, 4) + encode(7, [record(1, i, 9) for i in range(7, 12)])
    for end in (2, 3, 5, 7, 9, 12, 99):
        assert tokens(until(blob, end)) == [token for token in tokens(blob) if token.i < end]
        assert until(until(blob, 11), end) == until(blob, min(end, 11))
    assert len(logprobs(blob)) == 9


def test_a_search_finds_nothing_that_was_deleted() -> None:
    family = Family()
    pruning.delete(family.study, family.next.id, None)
    page = studies.page(user(), studies.Wanted(search="next"))
    assert page.studies == []
