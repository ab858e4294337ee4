"""What was recorded decides again as it did, bit for bit; and another policy can be asked."""

from __future__ import annotations

import random

import pytest
from django.test import TestCase

from guard.audit import replaying, tape, verdicts
from guard.audit.models import Verdict
from guard.audit.tape import Fate
from guard.policy.reading import read
from tests.guard.audit import gated


class ReplayTest(TestCase):
    def recorded(self, *scores: float) -> list[Verdict]:
        verdicts.record(gated.run([gated.published()], scores))
        return list(Verdict.objects.order_by("pk"))

    def test_a_nudged_run_decides_again_as_it_did(self) -> None:
        rows = self.recorded(0.1, 0.2, 0.3, 0.9, 0.1, 0.1, 0.2)
        assert [row.action for row in rows] == ["nudge", "nudge"]
        replayed = replaying.again(rows)
        assert replayed.same
        assert [decision[:4] for decision in replayed.again] == [("Safe", 1, "probe", "nudge")]

    def test_random_runs_through_two_policies_do_too(self) -> None:
        chance = random.Random(11)
        strict = gated.published("Strict", evidence=[{"name": "probe", "threshold": 0.3}], shadow=True)
        mild = gated.published("Mild", rule={"kind": "ema"}, evidence=[{"name": "probe", "threshold": 0.6}])
        decisions = 0
        for number in range(40):
            scores = [chance.betavariate(1, 4 - 3 * (chance.random() < 0.3)) for _ in range(30)]
            verdicts.record(gated.run([strict, mild], scores, f"run-{number}"))
            replayed = replaying.again(list(Verdict.objects.filter(run=f"run-{number}")))
            assert replayed.same, (number, replayed)
            decisions += len(replayed.again)
        assert decisions > 40

    def test_a_decision_that_was_changed_is_found(self) -> None:
        rows = self.recorded(0.1, 0.2, 0.9, 0.1)
        for change in ({"action": "block"}, {"score": 0.900001}, {"guard": "other"}):
            before = {name: getattr(rows[0], name) for name in change}
            Verdict.objects.filter(pk=rows[0].pk).update(**change)
            assert not replaying.again(list(Verdict.objects.all())).same
            Verdict.objects.filter(pk=rows[0].pk).update(**before)
        assert replaying.again(list(Verdict.objects.all())).same

    def test_another_line_fires_elsewhere_or_never(self) -> None:
        rows = self.recorded(0.1, 0.2, 0.3, 0.4, 0.1)
        spec = replaying.spec_of(rows[-1])
        assert replaying.otherwise(rows[-1], spec).crossings == []
        stricter = replaying.otherwise(rows[-1], spec, 0.25).crossings
        assert [(one.place, round(one.statistic, 3)) for one in stricter] == [(2, 0.3)]

    def test_what_can_not_be_known_is_said(self) -> None:
        rows = self.recorded(0.1, 0.2)
        other = read(gated.published("Other", evidence=[{"name": "judge", "threshold": 0.5}]).spec)
        with pytest.raises(replaying.Unknown, match="judge didn't look"):
            replaying.otherwise(rows[-1], other)
        Verdict.objects.update(policy="gone")
        with pytest.raises(replaying.Unknown, match="Version 1 of gone isn't known here"):
            replaying.again(list(Verdict.objects.all()))

    def test_a_run_that_goes_on_waits(self) -> None:
        rows = self.recorded(0.1, 0.9, 0.1)
        with pytest.raises(replaying.Unknown, match="hasn't ended"):
            replaying.again([row for row in rows if not row.final])

    def test_what_was_dropped_before_a_take_over_is_on_the_alarms_own_tape(self) -> None:
        rows = self.recorded(0.1, 0.2, 0.3, 0.9, 0.1, 0.1, 0.2)
        final = rows[-1]
        kept = [token for token in tape.decode(final.tape) if token.fate != Fate.DROPPED]
        assert len(kept) < len(tape.decode(final.tape))
        Verdict.objects.filter(pk=final.pk).update(tape=tape.encode(kept))
        replayed = replaying.again(list(Verdict.objects.all()))
        assert replayed.same
        assert len(replayed.again) == 1
