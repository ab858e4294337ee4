"""What an owner does to a study besides asking: name it, tag it, put it away, delete it and bring it back.

Whose study it is has been checked before (`generation.begin.find_study`, `find_deleted`).
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from generation import runs
from generation.limits import Refused
from generation.models import Run, Study, StudyTag, folded, is_id
from generation.protocol import Code

KEPT = timedelta(days=30)
"""How long a deleted study can be brought back."""
LONGEST_TITLE = 200
LONGEST_TAG = 50
MOST_TAGS = 20  # of a study
NOT_IN_NAMES = re.compile("[\\x00-\\x1f\\x7f]")
TURNING = re.compile("[\\u202a-\\u202e\\u2066-\\u2069]")


def rename(study: Study, title: str) -> None:
    """Raises Refused. Of two who rename it at once, the later one is right."""
    title = one_line(title)
    if not title:
        raise Refused(Code.INVALID, "A title needs at least one letter.", "title")
    if len(title) > LONGEST_TITLE:
        raise Refused(Code.INVALID, f"A title has at most {LONGEST_TITLE} characters.", "title")
    folded_title = folded(title)[: 2 * LONGEST_TITLE]
    Study.objects.filter(id=study.id).update(title=title, folded_title=folded_title)


def tag(study: Study, name: str) -> None:
    """Raises Refused. A study that has the tag already, in any case, keeps it as it is."""
    name = one_line(name)
    if not name:
        raise Refused(Code.INVALID, "A tag needs at least one letter.", "tag")
    if len(name) > LONGEST_TAG:
        raise Refused(Code.INVALID, f"A tag has at most {LONGEST_TAG} characters.", "tag")
    with transaction.atomic():
        # One at a time for each study, so that two windows can't both add the last one.
        Study.objects.select_for_update().get(id=study.id)
        names = list(StudyTag.objects.filter(study=study).values_list("name", flat=True))
        if folded(name) in map(folded, names):
            return
        if len(names) >= MOST_TAGS:
            raise Refused(Code.INVALID, f"A study has at most {MOST_TAGS} tags: take one away first.", "tag")
        StudyTag.objects.create(study=study, name=name)


def untag(study: Study, name: str) -> None:
    StudyTag.objects.filter(study=study, name=name).delete()


def archive(study: Study) -> None:
    Study.objects.filter(id=study.id, archived=None).update(archived=timezone.now())


def unarchive(study: Study) -> None:
    Study.objects.filter(id=study.id).update(archived=None)


def delete(study: Study) -> bool:
    """Marks it, and stops what is still being written in it. Whether this call did it."""
    if not Study.objects.filter(id=study.id, deleted=None).update(deleted=timezone.now()):
        return False
    unfinished = Run.objects.filter(study=study).exclude(status=Run.Status.FINISHED)
    for run in list(unfinished.values_list("id", flat=True)):
        runs.cancel(run)
    return True


def restore(study: Study) -> bool:
    """Whether this call brought it back."""
    return bool(Study.objects.filter(id=study.id).exclude(deleted=None).update(deleted=None))


def find_deleted(owner: int, study: str) -> Study:
    """Raises Refused."""
    if is_id(study):
        found = Study.objects.filter(id=study, owner=owner).exclude(deleted=None).first()
        if found is not None:
            return found
    raise Refused(Code.NOT_FOUND, "There is no such study.", "study")


def purge() -> int:
    """Removes for good what was deleted longer than KEPT ago; how many."""
    old = Study.objects.filter(deleted__lt=timezone.now() - KEPT)
    gone = 0
    for study in list(old.values_list("id", flat=True)):
        # Asked again: it may have been brought back meanwhile.
        _, by_model = Study.objects.filter(id=study, deleted__lt=timezone.now() - KEPT).delete()
        gone += by_model.get("generation.Study", 0)
    return gone


def one_line(text: str) -> str:
    """Without what no name has: line breaks, control characters, halves of characters, and characters that
    turn the direction of what is written behind it."""
    whole = text.encode("utf-8", "ignore").decode()
    return " ".join(NOT_IN_NAMES.sub(" ", TURNING.sub("", whole)).split())
