"""Two windows that do the same at the same moment: once is done what is meant once, and nothing is lost."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone

from frontend.accounts import guests
from frontend.accounts.models import User
from frontend.presets import keeping
from frontend.presets.models import Preset
from generation import study_changes
from generation.limits import Refused
from generation.models import Study
from generation.sharing import links
from generation.sharing.models import Share


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gave, or the refusal that it met."""
    gate = threading.Barrier(len(acts))
    gave: list[Any] = [None] * len(acts)

    def act(place: int) -> None:
        gate.wait()
        try:
            gave[place] = acts[place]()
        except Refused as refusal:
            gave[place] = refusal
        finally:
            connection.close()

    people = [threading.Thread(target=act, args=(place,)) for place in range(len(acts))]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return gave


class AtOnceTest(TransactionTestCase):
    def setUp(self) -> None:
        self.ann = User.objects.create(username="ann")
        self.ben = User.objects.create(username="ben")
        self.study = Study.objects.create(owner=self.ann, title="A harbour")

    def test_a_study_is_deleted_once_and_brought_back_once(self) -> None:
        assert sorted(at_once(*[lambda: study_changes.delete(self.study)] * 4)) == [False] * 3 + [True]
        assert sorted(at_once(*[lambda: study_changes.restore(self.study)] * 4)) == [False] * 3 + [True]

    def test_the_same_link_is_made_once(self) -> None:
        made = at_once(*[lambda: links.make(self.ann.pk, self.study.id, None).id] * 4)
        assert len(set(made)) == Share.objects.count() == 1

    def test_the_last_tag_is_given_once(self) -> None:
        for n in range(study_changes.MOST_TAGS - 1):
            study_changes.tag(self.study, f"t{n}")
        gave = at_once(*[lambda n=n: study_changes.tag(self.study, f"new {n}") for n in range(4)])
        assert sum(isinstance(one, Refused) for one in gave) == 3
        assert self.study.tags.count() == study_changes.MOST_TAGS

    def test_a_preset_of_one_name_is_one(self) -> None:
        gave = at_once(*[lambda: keeping.keep(self.ann.pk, "Careful", {"k": "5"})] * 4)
        assert gave == [None] * 4
        assert Preset.objects.count() == 1

    def test_a_guest_s_studies_go_to_one(self) -> None:
        guest = User.objects.create(username="guest-x", guest_since=timezone.now())
        for n in range(3):
            Study.objects.create(owner=guest, title=str(n))
        at_once(*[lambda who=who: guests.hand_over(guest, who) for who in (self.ann, self.ben)])
        owners = set(Study.objects.exclude(id=self.study.id).values_list("owner", flat=True))
        assert owners in ({self.ann.pk}, {self.ben.pk})

    def test_a_guest_who_signs_up_is_not_purged(self) -> None:
        long_ago = timezone.now() - timedelta(days=99)
        for n in range(3):
            guest = User.objects.create(username=f"guest-{n}", guest_since=long_ago)
            became, _ = at_once(lambda guest=guest: guests.become_account(guest), guests.purge)  # type: ignore[misc]
            assert User.objects.filter(pk=guest.pk).exists() is bool(became)
