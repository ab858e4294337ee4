"""The chain: what is appended stays, in one line, whoever appends at once."""

import threading
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TestCase, TransactionTestCase

from guard.audit import chain
from guard.audit.canonical import GENESIS
from guard.audit.models import Entry, Head, Text
from tests import patience


def draft(text: str = "", subject: str = "run:one") -> chain.Draft:
    return chain.Draft(Entry.Kind.VIEW, "user:1", subject, {"n": 1.5}, text)


class AppendTest(TestCase):
    def test_each_names_the_one_before(self) -> None:
        chain.append([draft(), draft("a text")])
        chain.append([draft()])
        entries = list(Entry.objects.order_by("seq"))
        assert [entry.seq for entry in entries] == [1, 2, 3]
        assert [entry.previous for entry in entries] == [GENESIS, entries[0].hash, entries[1].hash]
        head = Head.objects.get()
        assert (head.seq, head.hash) == (3, entries[2].hash)

    def test_a_text_has_a_row_of_its_own_and_the_chain_a_digest(self) -> None:
        (entry,) = chain.append([draft("what the MODEL said")])
        assert Text.objects.get(entry=entry).folded == "what the model said"
        assert "model said" not in str(Entry.objects.filter(seq=entry.seq).values().get())

    def test_the_same_text_has_another_digest_each_time(self) -> None:
        first, second = chain.append([draft("yes"), draft("yes")])
        assert first.text_digest != second.text_digest

    def test_nothing_is_nothing(self) -> None:
        assert chain.append([]) == []
        assert not Head.objects.exists()

    def test_it_comes_and_goes_with_the_callers_transaction(self) -> None:
        chain.append([draft()])
        with transaction.atomic():
            chain.append([draft("x")])
            transaction.set_rollback(True)
        assert Entry.objects.count() == Head.objects.get().seq == 1
        chain.append([draft()])
        assert Head.objects.get().seq == 2

    def test_hostile_texts_are_kept(self) -> None:
        for text in ("<script>", "\0", "\ud83d", "a" * 10_000, "e\u0301" * 500):
            chain.append([draft(text, subject="run:x")])
        assert Text.objects.count() == 5

    def test_a_number_that_is_none_is_refused_before_anything_is_locked(self) -> None:
        with pytest.raises(ValueError, match="JSON compliant"):
            chain.append([chain.Draft("view", "user:1", "run:one", {"score": float("nan")})])
        assert not Head.objects.exists()


class ProtectionTest(TestCase):
    def refuses(self, statement: str) -> None:
        chain.append([draft()])
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert Entry.objects.get().actor == "user:1"

    def test_it_refuses_a_change(self) -> None:
        self.refuses("UPDATE audit_entry SET actor = 'nobody'")

    def test_it_refuses_a_removal(self) -> None:
        self.refuses("DELETE FROM audit_entry")

    def test_it_refuses_to_be_emptied_or_overwritten(self) -> None:
        if connection.vendor == "postgresql":
            self.refuses("TRUNCATE audit_entry CASCADE")
        else:
            self.refuses("INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry")


class AtOnceTest(TransactionTestCase):
    def test_threads_do_not_fork_it(self) -> None:
        many, each = 6, 8
        start = threading.Barrier(many)
        problems: list[BaseException] = []

        def work(number: int) -> None:
            try:
                start.wait(patience.SECONDS)
                for _ in range(each):
                    chain.append([draft(subject=f"run:{number}"), draft(subject=f"run:{number}")])
            except BaseException as problem:
                problems.append(problem)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        entries = list(Entry.objects.order_by("seq"))
        assert [entry.seq for entry in entries] == list(range(1, 2 * many * each + 1))
        for before, after in pairwise(entries):
            assert after.previous == before.hash
        # Both of one call stand side by side.
        assert all(a.subject == b.subject for a, b in zip(entries[::2], entries[1::2], strict=True))
