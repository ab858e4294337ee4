"""Shares with their intervals, and scores that drift."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from django.test import TestCase

from guard.audit import chain, drift, rates, verdicts
from guard.audit.models import ScoreWeek
from guard.audit.rates import Share, percent
from guard.audit.tape import Fate, Seen
from tests.guard.audit.judged import judged, tokens


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # After Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_the_literature(k: int, n: int, low: float, high: float) -> None:
    share = Share(k, n)
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_nothing_is_known_of_none() -> None:
    assert (Share(0, 0).low, Share(0, 0).high, str(Share(0, 0))) == (0.0, 1.0, "unknown")
    assert Share(20, 20).high == 1.0


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (0.00001, "<0.01 %"), (0.0123, "1.2 %"), (0.5, "50 %"), (0.999, ">99 %"), (1, "100 %")],
)
def test_a_share_has_two_digits(share: float, said: str) -> None:
    assert percent(share) == said


def test_the_stability_index() -> None:
    same = [1000] * 10
    assert drift.stability_index(same, same) == pytest.approx(0)
    # A tenth moved from one bin to its neighbour: 0.1·ln 2 + 0.1·ln ∞ is tamed by the half tokens.
    moved = [*([1000] * 8), 2000, 0]
    assert 0.25 < (drift.stability_index(same, moved) or 0) < 2
    assert drift.stability_index(same, [10] * 10) is None
    assert drift.stability_index([], same) is None


class WeeksTest(TestCase):
    def at(self, day: date, score: float, many: int) -> None:
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        with patch.object(chain, "_now", return_value=moment):
            verdicts.record([judged(tokens(*[score] * many))])

    def test_each_week_is_held_against_all_before(self) -> None:
        monday = date(2026, 3, 2)
        for week, score in enumerate((0.1, 0.1, 0.9)):
            for day in range(7):
                self.at(monday + timedelta(days=7 * week + day), score, 200)
        found = drift_of("probe")
        assert [(one.week, one.tokens, one.runs) for one in found] == [
            (monday + timedelta(days=7 * week), 1400, 7) for week in range(3)
        ]
        first, second, third = [one.index for one in found]
        assert first is None
        assert second == pytest.approx(0, abs=1e-6)
        assert third is not None
        assert third > 1

    def test_older_weeks_are_counted_and_not_shown(self) -> None:
        for week in range(3):
            self.at(date(2026, 3, 2) + timedelta(days=7 * week), 0.1, 1000)
        (last,) = rates.drift(1)
        assert last.week == date(2026, 3, 16)
        assert last.index == pytest.approx(0, abs=0.01)  # half tokens in empty bins

    def test_each_guard_has_its_own(self) -> None:
        seen = [Seen(" word", Fate.RELEASED, {"one": 0.1, "two": 0.9})]
        verdicts.record([judged(seen)])
        one, two = ScoreWeek.objects.order_by("guard")
        assert (one.guard, two.guard) == ("one", "two")
        assert one.counts.index(1) < two.counts.index(1)

    def test_counts_by_day_and_by_week(self) -> None:
        for day in (2, 4, 8, 9):  # Monday, Wednesday, Sunday; Monday
            self.at(date(2026, 3, day), 0.1, 1)
        since = datetime(2026, 3, 1, tzinfo=UTC)
        assert [one.day.day for one in rates.by_day(since)] == [2, 4, 8, 9]
        weekly = rates.by_day(since, weekly=True)
        assert [(one.day, one.runs) for one in weekly] == [(date(2026, 3, 2), 3), (date(2026, 3, 9), 1)]


def drift_of(guard: str) -> list[rates.Week]:
    return [one for one in rates.drift(26) if one.guard == guard]
