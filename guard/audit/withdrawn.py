"""The words of a run that were sent and then taken back, as the tapes have them. For staff: nobody else may
see them, and whoever shows them leaves an entry."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist

from guard.audit import tape
from guard.audit.models import Verdict
from guard.audit.tape import Fate
from guard.policy.token import END

SENT = (Fate.RELEASED, Fate.RETRACTED)


def withdrawn(run: str) -> dict[int, str]:
    """By their public indexes. What was erased isn't there, nor what was dropped before it was sent."""
    verdicts = Verdict.objects.filter(run=run, shadow=False).select_related("entry__text")
    found: dict[int, str] = {}
    # The last word first: it knows what became of every token. Those before it know what an engine that gave
    # the run up had seen.
    for verdict in verdicts.order_by("-final", "-pk"):
        for index, text in _of(verdict).items():
            found.setdefault(index, text)
    return found


def _of(verdict: Verdict) -> dict[int, str]:
    try:
        seen = tape.decode(verdict.tape, verdict.entry.text.text)
    except (ObjectDoesNotExist, tape.TapeUnreadable):
        return {}
    sent = [token for token in seen if token.fate in SENT and token.origin != END]
    first = max(verdict.step - len(sent), 0)
    return {first + n: token.text for n, token in enumerate(sent) if token.fate is Fate.RETRACTED}
