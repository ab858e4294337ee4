"""Whatever is done to the audit behind its back, `verify_audit` finds it and names the first place."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import TestCase
from django.utils import timezone

from frontend.accounts.creation import create
from guard.audit import canonical, chain, erasure, protection, staff, verdicts
from guard.audit.models import Entry, Head, ScoreWeek, Text, Verdict
from guard.audit.verification import verify
from tests.guard.audit.judged import judged, tokens


@contextmanager
def unprotected() -> Iterator[None]:
    """As an owner of the database can: the triggers are down, and up again before anybody looks."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        else:
            for name in protection.names("sqlite"):
                cursor.execute(f"DROP TRIGGER {name}")
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the table has pending trigger events
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    protection.install(connection)


def rehashed(entry: Entry) -> str:
    return canonical.link(
        entry.seq, entry.at, entry.kind, entry.actor, entry.subject, entry.body, entry.text_digest,
        entry.previous,
    )  # fmt: skip


class TamperingTest(TestCase):
    """Ten entries: even numbers are verdicts with texts, odd ones the staff's."""

    def setUp(self) -> None:
        for number in range(5):
            staff.viewed(1, f"run-{number}")
            verdicts.record([judged()])
        assert verify().problem == ""

    def finds(self, problem: str) -> None:
        assert verify().problem == problem

    def test_a_whole_one_is_whole(self) -> None:
        report = verify()
        assert (report.entries, report.problem) == (10, "")
        assert report.head == str(Head.objects.get())

    def test_a_changed_field(self) -> None:
        for change in (
            {"body": canonical.canonical({"n": 2})},
            {"actor": "user:2"},
            {"subject": "run:other"},
            {"kind": "label"},
            {"at": timezone.now()},
            {"text_digest": "0" * 64},
        ):
            with transaction.atomic():
                with unprotected():
                    Entry.objects.filter(seq=3).update(**change)
                self.finds("Entry 3 was changed: it doesn't have the hash that it claims.")
                transaction.set_rollback(True)

    def test_a_changed_field_with_a_new_hash(self) -> None:
        with unprotected():
            Entry.objects.filter(seq=3).update(actor="user:2")
            Entry.objects.filter(seq=3).update(hash=rehashed(Entry.objects.get(seq=3)))
        self.finds("Entry 4 doesn't follow entry 3: it names another hash before it.")

    def test_the_last_one_changed_with_a_new_hash(self) -> None:
        staff.viewed(1, "run-6")
        with unprotected():
            Entry.objects.filter(seq=11).update(actor="user:2")
            Entry.objects.filter(seq=11).update(hash=rehashed(Entry.objects.get(seq=11)))
        self.finds("The head doesn't have the hash of entry 11.")

    def test_a_removed_row(self) -> None:
        with unprotected():
            Entry.objects.filter(seq=3).delete()
        self.finds("Entry 3 is missing.")

    def test_the_first_one_removed(self) -> None:
        with unprotected():
            Entry.objects.filter(seq=1).delete()
        self.finds("Entry 1 is missing.")

    def test_the_last_one_removed(self) -> None:
        staff.viewed(1, "run-6")
        with unprotected():
            Entry.objects.filter(seq=11).delete()
        self.finds("Entry 11 is missing: the head says that there are 11.")

    def test_the_end_cut_off_together_with_the_head(self) -> None:
        staff.viewed(1, "run-6")
        noted = str(Head.objects.get())
        with unprotected():
            Entry.objects.filter(seq=11).delete()
        Head.objects.update(seq=10, hash=Entry.objects.get(seq=10).hash)
        assert verify().problem == ""  # the chain alone can't tell: the log does
        assert verify(noted).problem == "Entry 11 is missing: entry 11 was noted as the head."

    def test_all_written_anew_behind_a_noted_head(self) -> None:
        staff.viewed(1, "run-6")
        noted = str(Head.objects.get())
        with unprotected():
            Entry.objects.filter(seq=11).update(actor="user:2")
            own = rehashed(Entry.objects.get(seq=11))
            Entry.objects.filter(seq=11).update(hash=own)
            Head.objects.update(hash=own)
        assert verify().problem == ""
        assert verify(noted).problem == "Entry 11 isn't the one that was noted as the head."

    def test_two_swapped(self) -> None:
        first, third = Entry.objects.get(seq=1), Entry.objects.get(seq=3)
        with unprotected():
            Entry.objects.filter(seq=1).update(hash="x")
            for seq, other in ((3, first), (1, third)):
                Entry.objects.filter(seq=seq).update(
                    at=other.at, subject=other.subject, previous=other.previous, hash=other.hash
                )
        self.finds("Entry 1 doesn't follow entry 0: it names another hash before it.")

    def test_one_appended_past_the_chain(self) -> None:
        last = Entry.objects.get(seq=10)
        entry = Entry(
            seq=11, at=timezone.now(), kind="view", actor="user:1", subject="x", body="{}", previous=last.hash
        )
        entry.hash = rehashed(entry)
        entry.save(force_insert=True)
        self.finds("Entry 11 stands behind the head.")

    def test_a_changed_text(self) -> None:
        Text.objects.filter(entry=4).update(text="something else")
        self.finds("The text of entry 4 was changed.")

    def test_a_text_that_is_found_under_other_words(self) -> None:
        Text.objects.filter(entry=4).update(folded="something else")
        self.finds("The text by which entry 4 is found was changed.")

    def test_a_text_removed_without_a_word(self) -> None:
        Text.objects.filter(entry=4).delete()
        self.finds("The text of entry 4 is missing, and no erasure tells of it.")

    def test_a_text_put_where_none_was(self) -> None:
        Text.objects.create(entry_id=3, salt=b"salt", text="x", folded="x")
        self.finds("The text of entry 3 was changed.")

    def test_a_changed_verdict(self) -> None:
        changes: list[dict[str, Any]] = [
            {"action": "block"},
            {"score": 0.2500001},
            {"tape": b"other"},
            {"run": "other"},
            {"settings": {"k": 31}},
            {"created": timezone.now()},
            {"owner": create("eve", "a lighthouse at noon")},
        ]
        for change in changes:
            with transaction.atomic():
                Verdict.objects.filter(pk=4).update(**change)
                self.finds("The verdict of entry 4 was changed.")
                transaction.set_rollback(True)

    def test_a_removed_verdict(self) -> None:
        Verdict.objects.filter(pk=4).delete()
        self.finds("The verdict of entry 4 is missing.")

    def test_missing_triggers(self) -> None:
        with connection.cursor() as cursor:
            where = " ON audit_entry" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {min(protection.names(connection.vendor))}{where}")
        assert "triggers are missing" in verify().problem

    def test_the_command_exits_with_the_first_problem(self) -> None:
        out = io.StringIO()
        call_command("verify_audit", stdout=out)
        assert out.getvalue().startswith("10 entries, none broken. The head is 10:")
        call_command("verify_audit", head=str(Head.objects.get()), stdout=io.StringIO())
        Text.objects.filter(entry__in=(4, 6)).update(text="")
        with pytest.raises(CommandError, match=r"^The text of entry 4 was changed\.$"):
            call_command("verify_audit")
        for wrong in ("10", "x:y", "10:abc", ":"):
            with pytest.raises(CommandError, match="looks like"):
                call_command("verify_audit", head=wrong)


class ErasureTest(TestCase):
    def test_a_users_texts_go_and_the_chain_stays(self) -> None:
        ann, ben = create("ann", "a lighthouse at noon"), create("ben", "a lighthouse at noon")
        verdicts.record([judged(owner=ann.pk), judged(owner=ben.pk), judged(owner=ann.pk)])
        assert erasure.of_user(ann.pk, by=ben.pk) == 2
        assert [text.entry_id for text in Text.objects.all()] == [2]
        last = Entry.objects.latest("seq")
        assert (last.kind, last.actor, last.subject) == ("erasure", f"user:{ben.pk}", f"user:{ann.pk}")
        assert last.body == '{"texts":[1,3]}'
        assert verify().problem == ""

    def test_removing_the_account_erases_them(self) -> None:
        ann = create("ann", "a lighthouse at noon")
        verdicts.record([judged(owner=ann.pk)])
        ann.delete()
        assert not Text.objects.exists()
        assert Verdict.objects.get().owner is None
        assert Entry.objects.latest("seq").kind == "erasure"
        assert verify().problem == ""

    def test_many_go_in_portions(self) -> None:
        runs = [f"r{number}" for number in range(erasure.AT_ONCE + 5)]
        verdicts.record([judged(run=run, seen=tokens(0.5)) for run in runs])
        assert erasure.of_runs(runs, by=None) == len(runs)
        assert Entry.objects.filter(kind="erasure").count() == 2
        assert verify().problem == ""
        assert erasure.of_runs(runs, by=None) == 0

    def test_nothing_to_erase_leaves_no_entry(self) -> None:
        assert erasure.of_user(5, by=1) == 0
        assert not Entry.objects.exists()

    def test_an_erasure_can_not_speak_for_what_comes_later(self) -> None:
        chain.append([chain.Draft("erasure", "program", "user:1", {"texts": [2, -5, 10**9]})])
        verdicts.record([judged()])
        Text.objects.all().delete()
        assert verify().problem == "The text of entry 2 is missing, and no erasure tells of it."


class VerdictTest(TestCase):
    def test_the_same_verdict_is_kept_once(self) -> None:
        one = judged()
        assert len(verdicts.record([one, one])) == 1
        assert verdicts.record([one]) == []
        assert Entry.objects.count() == Verdict.objects.count() == 1
        assert ScoreWeek.objects.get().runs == 1

    def test_what_a_person_wrote_is_not_in_the_chain(self) -> None:
        (row,) = verdicts.record([judged(settings={"k": 3, "prefix": "my secret", "stop": ["my secret"]})])
        assert row.settings == {"k": 3}
        assert "secret" not in Entry.objects.get().body

    def test_a_score_that_is_no_number_is_none(self) -> None:
        (row,) = verdicts.record([judged(tokens(0.5, float("nan")), score=float("nan"), action="error")])
        row.refresh_from_db()
        assert row.score is None
        week = ScoreWeek.objects.get()
        assert (sum(week.counts), week.broken) == (1, 1)
        assert verify().problem == ""

    def test_only_ends_are_counted_for_drift(self) -> None:
        verdicts.record([judged(final=False, action="flag"), judged(tokens(0.0, 1.0))])
        week = ScoreWeek.objects.get()
        assert (week.counts[0], week.counts[-1], sum(week.counts), week.runs) == (1, 1, 2, 1)
