"""One run from submission to its closing step: what every engine keeps to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from generation.engine import End, Origin, Rejected, Request
from generation.engine.inprocess import Limits
from tests.generation.engine import oracle
from tests.generation.engine.driving import finish, of, start, tokens, worst_difference
from tests.generation.engine.kinds import Kind

CONTEXT = (5, 9, 17, 3, 40)


def test_a_run_says_what_the_model_says(kind: Kind) -> None:
    engine = kind.engine()
    request = Request("a", CONTEXT, max_new=12, seed=4)
    recorder = start(engine, request)
    steps = finish(engine)
    assert steps == recorder.steps
    assert [step.position for step in steps] == list(range(5, 18))
    assert tokens(steps) == oracle.answer(kind.plain, request)
    assert worst_difference(recorder, kind.plain) < 1e-4
    assert [step.end for step in steps] == [None] * 12 + [End.LENGTH]
    closing = steps[-1]
    assert (closing.token, closing.message, len(closing.top_ids)) == (-1, "", 0)


def test_an_idle_engine_gives_nothing(kind: Kind) -> None:
    engine = kind.engine()
    pauses = [engine.pause]
    assert engine.steps() == []
    engine.submit(Request("a", CONTEXT, max_new=1))
    pauses.append(engine.pause)
    finish(engine)
    assert [*pauses, engine.pause] == [None, 0, None]


def test_every_run_in_a_batch_ends_once(kind: Kind) -> None:
    engine = kind.engine()
    for number in range(9):
        engine.submit(Request(str(number), CONTEXT[: 1 + number % 5], max_new=number, seed=number))
    steps = finish(engine)
    assert Counter(step.id for step in steps if step.end) == Counter(map(str, range(9)))
    for number in range(9):
        mine = of(str(number), steps)
        assert len(tokens(mine)) == number
        assert mine[-1].end is End.LENGTH
        assert [step.position for step in mine] == list(range(1 + number % 5, 2 + number % 5 + number))


def test_forced_tokens_carry_the_models_own_numbers(kind: Kind) -> None:
    engine = kind.engine()
    request = Request("a", CONTEXT, max_new=3, k=10, forced=(7, 8, 60, 2))
    recorder = start(engine, request)
    steps = finish(engine)
    assert tokens(steps)[:4] == [7, 8, 60, 2]
    assert [step.origin for step in steps[:7]] == [Origin.FORCED] * 4 + [Origin.SAMPLED] * 3
    assert tokens(steps) == oracle.answer(kind.plain, request)
    assert worst_difference(recorder, kind.plain) < 1e-4
    for step, before in zip(steps[:7], recorder.before, strict=False):
        own = kind.plain.after(before)
        # Of two that are as good as equal, another order of the same sums may put either first.
        best, worst = (int((own > own[step.token] + by).sum()) for by in (1e-4, -1e-4))
        most = worst if kind.ranked is None else kind.ranked
        assert min(best, most) <= step.rank <= min(worst - 1, most)
        chances = oracle.chances(own, request)
        np.testing.assert_allclose(step.p, chances[step.token], atol=1e-4)
        np.testing.assert_allclose(step.top_p, chances[step.top_ids], atol=1e-4)


def test_max_new_counts_sampled_tokens_only(kind: Kind) -> None:
    engine = kind.engine()
    engine.submit(Request("a", CONTEXT, max_new=2, forced=(7, 8, 9)))
    engine.submit(Request("b", CONTEXT, max_new=0, forced=(7, 8, 9)))
    engine.submit(Request("c", CONTEXT, max_new=0))
    steps = finish(engine)
    assert [len(tokens(steps, run)) for run in "abc"] == [5, 3, 0]
    assert all(of(run, steps)[-1].end is End.LENGTH for run in "abc")
    assert [step.position for step in of("c", steps)] == [5]


def test_a_sampled_stop_token_ends_the_run_and_is_shown(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=9, seed=8)
    said = oracle.answer(kind.plain, request)
    stop = said[4]
    request = replace(request, stop=frozenset({stop}))
    engine = kind.engine()
    engine.submit(request)
    steps = finish(engine)
    assert tokens(steps) == said[: said.index(stop) + 1]
    assert steps[-1].end is End.STOP_TOKEN
    engine.submit(replace(request, id="forced", forced=(stop, stop), max_new=1))
    assert tokens(finish(engine))[:2] == [stop, stop]


def test_a_full_context_ends_the_run(kind: Kind) -> None:
    room = 20
    engine = kind.engine(Limits(row_bytes=room * kind.token_bytes))
    engine.submit(Request("a", CONTEXT, max_new=100))
    engine.submit(Request("b", tuple(range(10, 30)), max_new=0))
    steps = finish(engine)
    assert len(tokens(steps, "a")) == room - len(CONTEXT)
    assert [run[-1].end for run in (of("a", steps), of("b", steps))] == [End.LENGTH, End.LENGTH]
    assert len(of("b", steps)) == 1
    with pytest.raises(Rejected, match="it has 21 tokens, and text and answer together may have 20"):
        engine.submit(Request("c", tuple(range(10, 31)), max_new=0))
    with pytest.raises(Rejected, match="too long"):
        engine.submit(Request("c", tuple(range(10, 30)), max_new=1))
    with pytest.raises(Rejected, match="too long"):
        engine.submit(Request("c", CONTEXT, forced=tuple(range(10, 26))))


def test_a_request_that_can_never_run_is_rejected_and_leaves_nothing(kind: Kind) -> None:
    engine = kind.engine()
    for bad in (
        Request("a", (1, kind.vocabulary)),
        Request("a", (1, -1)),
        Request("a", (1,), forced=(kind.vocabulary,)),
    ):
        with pytest.raises(Rejected, match="a token that this model doesn't know"):
            engine.submit(bad)
    missing = "no guard can read along" if kind.layers == frozenset() else "There is no probe named mood"
    with pytest.raises(Rejected, match=missing):
        engine.submit(Request("a", (1,), probes=("mood",)))
    assert engine.pause is None
    engine.submit(Request("a", (1,), max_new=1))
    with pytest.raises(Rejected, match="already there"):
        engine.submit(Request("a", (2,), max_new=1))
    finish(engine)
    engine.submit(Request("a", (2,), max_new=1))  # an ended run's id is free again
    assert len(finish(engine)) == 2


@pytest.mark.parametrize(
    "settings",
    [
        {"context": ()},
        {"k": 0},
        {"k": 51},
        {"max_new": -1},
        {"delay": -1.0},
        {"delay": float("nan")},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"top_p": float("nan")},
        {"min_p": -0.1},
        {"min_p": 1.1},
        {"seed": -1},
        {"seed": 2**63},
        {"temperature": 0.0, "predecessor_draw": True},
        {"drawn": -1},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        Request(**{"id": "a", "context": (1,)} | settings)


def test_a_cancelled_run_ends_before_the_next_step(kind: Kind) -> None:
    engine = kind.engine()
    engine.submit(Request("a", CONTEXT, max_new=9))
    engine.submit(Request("b", CONTEXT, max_new=9, seed=5))
    first = engine.steps() + engine.steps()
    engine.cancel("a")
    assert engine.pause == 0
    rest = engine.steps()
    assert [(step.end, step.position) for step in of("a", rest)] == [
        (End.CANCELLED, 5 + len(tokens(first, "a")))
    ]
    rest += finish(engine)
    assert len(of("a", rest)) == 1
    assert tokens(first + rest, "b") == oracle.answer(kind.plain, Request("b", CONTEXT, max_new=9, seed=5))


def test_a_waiting_run_and_one_that_never_started_can_be_cancelled(kind: Kind) -> None:
    engine = kind.engine(Limits(max_runs=1))
    engine.submit(Request("a", CONTEXT, max_new=4))
    engine.submit(Request("b", CONTEXT, max_new=4))
    engine.steps()
    engine.submit(Request("c", CONTEXT, max_new=4))
    engine.cancel("b")
    engine.cancel("c")
    steps = finish(engine)
    assert [step.end for step in of("b", steps)] == [End.CANCELLED]
    assert [step.end for step in of("c", steps)] == [End.CANCELLED]
    assert of("a", steps)[-1].end is End.LENGTH


def test_cancelling_what_is_not_there_is_no_error_and_reaches_no_later_run(kind: Kind) -> None:
    engine = kind.engine()
    engine.cancel("a")
    assert engine.pause is None
    engine.submit(Request("a", CONTEXT, max_new=2))
    assert finish(engine)[-1].end is End.LENGTH
    engine.cancel("a")
    engine.cancel("a")
    engine.submit(Request("a", CONTEXT, max_new=2))
    assert finish(engine)[-1].end is End.LENGTH


def test_a_run_that_is_cancelled_in_the_step_in_which_it_ends_has_ended(kind: Kind) -> None:
    engine = kind.engine()
    engine.submit(Request("a", CONTEXT, max_new=3), lambda step: engine.cancel("b"))
    engine.submit(Request("b", CONTEXT, max_new=1))
    steps = engine.steps()
    assert [step.end for step in of("b", steps)] == [None, End.LENGTH]
    engine.submit(Request("b", CONTEXT, max_new=1), lambda _: None)
    steps = engine.steps()
    assert of("b", steps)[-1].end is End.LENGTH, "the new run with this id was never cancelled"
    assert not of("b", finish(engine))


def test_temperature_zero_takes_the_favourite(kind: Kind) -> None:
    engine = kind.engine()
    request = Request("a", CONTEXT, max_new=10, temperature=0.0, seed=3)
    engine.submit(request)
    engine.submit(replace(request, id="b", seed=99, k=1))
    steps = finish(engine)
    assert tokens(steps, "a") == tokens(steps, "b") == oracle.answer(kind.plain, request)
    assert all(step.rank == 0 and step.p == 1 for step in steps if step.end is None)


def test_k_may_exceed_the_vocabulary_and_differ_in_a_batch(kind: Kind) -> None:
    engine = kind.engine()
    recorders = [
        start(engine, Request(str(k), CONTEXT, max_new=3, k=k, forced=(8,), seed=k)) for k in (1, 7, 50)
    ]
    finish(engine)
    for recorder, k in zip(recorders, (1, 7, 50), strict=True):
        assert {len(step.top_ids) for step in recorder.steps if step.end is None} == {k}
        assert worst_difference(recorder, kind.plain) < 1e-4
