"""What one policy saw and did in a run, token by token, as the story's page shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from guard.audit import replaying, tape
from guard.audit.models import Mark, Verdict
from guard.audit.tape import Fate, Seen
from guard.audit.verdicts import ERROR, PASS
from guard.policy.token import END

_escaped = lru_cache(maxsize=256)(escape)


class Cell(NamedTuple):
    name: str
    score: float | None  # None: not looked at; NaN: looked at, and there was no number

    @property
    def shown(self) -> str:
        return "–" if self.score is None else f"{self.score:.3f}" if math.isfinite(self.score) else "none"


@dataclass(frozen=True, slots=True)
class Token:
    number: int  # from 1, in the order of making
    step: int | None  # its public index; what was dropped or held has none
    seen: Seen
    cells: list[Cell]  # each guard's score, then what the rule made of it
    fired: str  # what was done in front of it

    @property
    def numbers(self) -> SafeString:
        """Its cells as HTML: a long run has tens of thousands, for which a template takes seconds."""
        return mark_safe(  # noqa: S308  (numbers, and names that are escaped)
            "".join(
                f'<td class="number" data-series="{_escaped(cell.name)}" data-x="{self.number}"'
                f' data-y="{cell.score}">{cell.shown}</td>'
                for cell in self.cells
            )
        )

    @property
    def fate(self) -> str:
        return "" if self.seen.origin == END else self.seen.fate.name.lower()


@dataclass(frozen=True, slots=True)
class Judgement:
    """One policy version's part in the run."""

    verdicts: list[Verdict]
    last: Verdict
    columns: list[str]  # of numbers: the guards, then what the rule made of their scores
    tokens: list[Token]
    damaged: bool
    erased: bool
    marks: list[Mark]
    line: float | None  # which its scores cross when it fires

    @property
    def alarms(self) -> list[Verdict]:
        return [one for one in self.verdicts if one.action not in (PASS, ERROR) and not one.final]


def judgement(verdicts: list[Verdict], shown: bool, marks: Sequence[Mark] = ()) -> Judgement:
    """Of one policy's verdicts on a run; the newest one saw all that those before it saw."""
    last = verdicts[-1]
    try:
        said = last.entry.text.text
    except ObjectDoesNotExist:
        said = ""
    try:
        seen, damaged = tape.decode(last.tape, said if shown else ""), False
    except tape.TapeUnreadable:
        seen, damaged = [], True
    guards = sorted({name for token in seen for name in token.scores})
    numbers = {one.pk for one in verdicts}
    tokens = tokens_of(seen, guards, verdicts, statistics_of(last))
    return Judgement(
        verdicts,
        last,
        [cell.name for cell in tokens[0].cells] if tokens else [],
        tokens,
        damaged,
        erased=bool(seen) and not said,
        marks=[mark for mark in marks if mark.verdict_id in numbers],
        line=next((one.threshold for one in reversed(verdicts) if one.threshold is not None), None),
    )


def statistics_of(last: Verdict) -> list[dict[str, float]]:
    """What the rule made of each guard's scores, token by token; nothing if its version isn't known."""
    try:
        return replaying.otherwise(last, replaying.spec_of(last)).statistics
    except replaying.Unknown:
        return []


def tokens_of(
    seen: list[Seen], guards: list[str], verdicts: list[Verdict], statistics: list[dict[str, float]]
) -> list[Token]:
    """With their public indexes: those count what was sent, back from the last verdict's place."""
    sent = sum(_is_sent(token) for token in seen)
    step = max(verdicts[-1].step - sent, 0)
    did = _marks(verdicts, seen)
    tokens: list[Token] = []
    for number, token in enumerate(seen, 1):
        index = None
        if _is_sent(token):
            step += 1
            index = step
        cells = [Cell(name, token.scores.get(name)) for name in guards]
        if statistics:
            row = statistics[number - 1]
            cells += [Cell(f"{verdicts[-1].rule} of {name}", row.get(name)) for name in guards]
        tokens.append(Token(number, index, token, cells, did.get(number, "")))
    return tokens


def _marks(verdicts: list[Verdict], seen: list[Seen]) -> dict[int, str]:
    """What was done, by the number of the token whose scores it came with: the last one on its own tape."""
    marks: dict[int, str] = {}
    for one in verdicts:
        if one.final or one.action == PASS:
            continue
        try:
            number = len(tape.decode(one.tape))
        except tape.TapeUnreadable:
            continue
        known = f"{marks[number]}, " if number in marks else ""
        if 0 < number <= len(seen):
            marks[number] = known + one.action
    return marks


def _is_sent(token: Seen) -> bool:
    return token.fate in (Fate.RELEASED, Fate.RETRACTED) and token.origin != END
