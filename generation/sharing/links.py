"""Links to what is shared: made, listed, taken back, and followed.

A link's token is the share's id and a keyed digest of it, so it can be shown to its owner again at any time,
and yet a copy of the database opens nothing without SECRET_KEY. A change of that key ends every link.
"""

from __future__ import annotations

import base64
import hmac

from django.db import transaction
from django.utils.crypto import salted_hmac

from generation.begin import find_run, find_study
from generation.limits import Refused
from generation.models import ID_LENGTH, Run, Study, is_id
from generation.protocol import Code
from generation.sharing.models import Share

MOST = 200  # links of one user
_LENGTH = ID_LENGTH + 43


def make(owner: int, study: str, run: str | None, *, named: bool = False) -> Share:
    """Raises Refused. The same thing shared the same way has one link, however often it is asked for."""
    found = find_study(owner, study)
    answer = _finished(owner, found, run) if run else None
    with transaction.atomic():
        # One at a time for each study, so that two clicks make one link.
        Study.objects.select_for_update().get(id=found.id)
        same = Share.objects.filter(owner=owner, study=found, run=answer, named=named).first()
        if same is not None:
            return same
        if Share.objects.filter(owner=owner).count() >= MOST:
            raise Refused(Code.RATE_LIMITED, f"You have {MOST} links: take one back first.")
        return Share.objects.create(owner_id=owner, study=found, run=answer, named=named)


def revoke(owner: int, share: str) -> bool:
    """At once, for everybody. Whether there was such a link of this user."""
    return bool(is_id(share) and Share.objects.filter(id=share, owner=owner).delete()[0])


def of(owner: int, study: Study | None = None) -> list[Share]:
    """The user's links, the newest first, to what isn't deleted."""
    found = Share.objects.filter(owner=owner, study__deleted=None).select_related("study", "run__turn")
    return list(found.filter(study=study) if study is not None else found)


def token(share: Share) -> str:
    return share.id + _digest(share.id)


def follow(token: str) -> Share | None:
    """What a token opens; None for a wrong one, and where study, answer or owner are gone."""
    if len(token) != _LENGTH or not token.isascii():
        return None
    share = token[:ID_LENGTH]
    if not hmac.compare_digest(_digest(share), token[ID_LENGTH:]):
        return None
    found = Share.objects.filter(id=share, study__deleted=None, owner__is_active=True)
    share_row = found.select_related("study", "run", "owner").first()
    if share_row is None or (share_row.run is not None and share_row.run.deleted is not None):
        return None
    return share_row


def _finished(owner: int, study: Study, run: str) -> Run:
    found = find_run(owner, run)
    if found.study_id != study.id:
        raise Refused(Code.NOT_FOUND, "There is no such run.", "run")
    if found.status != Run.Status.FINISHED:
        raise Refused(Code.INVALID, "This answer isn't finished yet: share it then.", "run")
    return found


def _digest(share: str) -> str:
    mac = salted_hmac("generation.sharing", share, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
