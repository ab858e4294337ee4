from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest

from generation import chunks
from generation.chunks import StepRecord
from generation.protocol import Origin
from guard.audit import tape
from guard.policy.scores import LEVELS, ScoreBroken, quantised

pytestmark = pytest.mark.once


@pytest.mark.parametrize("score", [None, math.nan, math.inf, -math.inf, -1e-9, 1.0000001, 7.0])
def test_what_is_no_score_is_refused(score: float | None) -> None:
    with pytest.raises(ScoreBroken):
        quantised(score)


def test_every_level_is_read_back_as_itself() -> None:
    for level in range(LEVELS + 1):
        value = level / LEVELS
        assert quantised(value) == value
        assert quantised(round(value, 5)) == value


def test_a_recorded_score_is_judged_as_the_live_one_was() -> None:
    by = Random(1)
    scores = [by.random() for _ in range(200)] + [0.0, 1.0, 0.5]
    ids, numbers = np.zeros(0, np.int32), np.zeros(0, np.float32)
    steps = [
        StepRecord(1, "a", Origin.SAMPLED, -1.0, 0.5, 0, 1.0, 3, ids, numbers, numbers, {"g": score})
        for score in scores
    ]
    read = chunks.decode(chunks.encode(0, steps), str)
    assert [quantised(step["guard"]["g"]) for step in read] == [quantised(score) for score in scores]
    seen = [tape.Seen("a", tape.Fate.RELEASED, {"g": score}) for score in scores]
    kept = tape.decode(tape.encode(seen))
    assert [quantised(each.scores["g"]) for each in kept] == [quantised(score) for score in scores]
