"""What control may do to a run between its steps, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from generation.engine import Action, Control, End, Inject, Origin, Request, Rewind, Step, Stop
from generation.engine.inprocess import CONTROL_FAILED, Limits
from generation.engine.probes import Probe, ProbeBank
from tests.generation.engine import oracle
from tests.generation.engine.driving import Recorder, finish, of, start, tokens, worst_difference
from tests.generation.engine.kinds import Kind

CONTEXT = (5, 9, 17, 3, 40)
NUDGE = (21, 22, 23)
Asked = Action | tuple[Action, ...] | None


def at(position: int, action: Asked, *, closing: bool = False) -> Control:
    """Acts once, after the token at `position` or at the closing step there."""
    left = [action]

    def control(step: Step) -> Asked:
        if step.position == position and (step.end is not None) == closing and left:
            return left.pop()
        return None

    return control


def with_neighbours(kind: Kind, request: Request, control: Control) -> Recorder:
    """Runs it among others, which must not notice."""
    engine = kind.engine(Limits(prefill_tokens=8))
    others = [Request(f"other {n}", (*CONTEXT, n + 30), max_new=14, seed=n) for n in range(3)]
    for other in others:
        engine.submit(other)
    recorder = start(engine, request, control)
    steps = finish(engine)
    for other in others:
        assert tokens(steps, other.id) == oracle.answer(kind.plain, other)
        assert of(other.id, steps)[-1].end is End.LENGTH
    assert sum(step.end is not None for step in of(request.id, steps)) == 1
    if recorder.steps[-1].end is not None:
        assert of(request.id, steps)[-1] == recorder.steps[-1]
    assert worst_difference(recorder, kind.plain) < 1e-4
    return recorder


def goes_on(kind: Kind, request: Request, text: list[int], count: int) -> list[int]:
    """What a new run with this text would say: noise knows only seed and place."""
    again = Request("again", tuple(text), max_new=count, seed=request.seed)
    return oracle.answer(kind.plain, again)


def test_injected_tokens_come_next_and_do_not_count(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=6, seed=2)
    recorder = with_neighbours(kind, request, at(7, Inject(NUDGE)))
    said = oracle.answer(kind.plain, request)[:3]
    start_of_rest = [*CONTEXT, *said, *NUDGE]
    assert recorder.text == [*start_of_rest, *goes_on(kind, request, start_of_rest, 3)]
    assert [s.origin for s in recorder.steps if s.token in NUDGE and 8 <= s.position < 11] == [
        Origin.INJECTED
    ] * 3
    assert recorder.steps[-1].end is End.LENGTH


def test_an_injection_longer_than_the_budget_is_read_in_parts(kind: Kind) -> None:
    nudge = tuple(range(20, 41))
    request = Request("a", CONTEXT, max_new=4, seed=2)
    recorder = with_neighbours(kind, request, at(6, Inject(nudge)))
    assert recorder.text[7:28] == list(nudge)
    assert recorder.text[28:] == goes_on(kind, request, recorder.text[:28], 2)


def test_rewinding_takes_tokens_back_and_says_the_same_again(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=6, seed=2)
    recorder = with_neighbours(kind, request, at(8, Rewind(6)))
    assert recorder.text == [*CONTEXT, *oracle.answer(kind.plain, request)]
    assert [step.position for step in recorder.steps] == [5, 6, 7, 8, 6, 7, 8, 9, 10, 11]


def test_rewind_and_inject_replace_what_was_said(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=6, seed=2)
    recorder = with_neighbours(kind, request, at(8, (Rewind(6), Inject(NUDGE))))
    said = oracle.answer(kind.plain, request)
    start_of_rest = [*CONTEXT, said[0], *NUDGE]
    assert recorder.text == [*start_of_rest, *goes_on(kind, request, start_of_rest, 5)]


def test_a_rewind_never_reaches_into_the_context_nor_beyond_the_end(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=5, seed=2)
    said = oracle.answer(kind.plain, request)
    for position in (-3, 0, 2):
        recorder = with_neighbours(kind, request, at(7, Rewind(position)))
        assert recorder.text == [*CONTEXT, *said]
        assert [step.position for step in recorder.steps][:4] == [5, 6, 7, 5]
    recorder = with_neighbours(kind, request, at(7, Rewind(90)))
    assert [step.position for step in recorder.steps] == [5, 6, 7, 8, 9, 10]


def test_an_injection_among_forced_tokens_drops_the_rest_of_them(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=2, seed=2, forced=(50, 51, 52, 53))
    recorder = with_neighbours(kind, request, at(6, Inject(NUDGE)))
    assert recorder.text[:10] == [*CONTEXT, 50, 51, *NUDGE]
    assert recorder.text[10:] == goes_on(kind, request, recorder.text[:10], 2)


def test_stop_ends_the_run_at_once(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=6, seed=2, forced=(50, 51))
    engine = kind.engine()
    engine.submit(request, at(5, Stop()))
    steps = finish(engine)
    assert tokens(steps) == [50]
    assert (steps[-1].end, steps[-1].position) == (End.CONTROL, 6)


@pytest.mark.parametrize("ending", ["length", "stop token"])
@pytest.mark.parametrize("probed", [False, True])
def test_control_on_the_closing_step_revives_the_run(kind: Kind, ending: str, probed: bool) -> None:
    said = oracle.answer(kind.plain, Request("a", CONTEXT, max_new=8, seed=2))
    stop = frozenset({said[3]}) if ending == "stop token" else frozenset[int]()
    length = said.index(said[3]) + 1 if stop else 4
    request = Request(
        "a", CONTEXT, max_new=8 if stop else 4, seed=2, stop=stop, probes=("first",) if probed else ()
    )
    probes = ProbeBank((Probe("first", _First(), (-1,)),)) if probed else None
    if probed and kind.layers == frozenset():
        with pytest.raises(ValueError, match="no guard can read along"):
            kind.engine(probes=probes)
        return
    engine = kind.engine(probes=probes)
    recorder = start(engine, request, at(5 + length, (Rewind(6), Inject(NUDGE)), closing=True))
    steps = finish(engine)
    assert sum(step.end is not None for step in steps) == 1, "the closing step that was undone stays inside"
    assert recorder.text[:9] == [*CONTEXT, said[0], *NUDGE]
    assert len(recorder.text) > 9
    assert worst_difference(recorder, kind.plain) < 1e-4
    assert steps[-1].position == len(recorder.text)


def test_stop_on_the_closing_step_is_what_the_run_ended_by(kind: Kind) -> None:
    engine = kind.engine()
    engine.submit(Request("a", CONTEXT, max_new=2), at(7, Stop(), closing=True))
    assert finish(engine)[-1].end is End.CONTROL


def test_an_empty_answer_changes_nothing(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=4, seed=2)
    for nothing in ((), Inject(())):
        engine = kind.engine()
        recorder = start(engine, request, lambda _, nothing=nothing: nothing)  # type: ignore[misc]
        finish(engine)
        assert recorder.text == [*CONTEXT, *oracle.answer(kind.plain, request)]


def test_an_injection_is_cut_where_the_context_is_full(kind: Kind) -> None:
    engine = kind.engine(Limits(row_bytes=12 * kind.token_bytes))
    recorder = start(engine, Request("a", CONTEXT, max_new=50, seed=2), at(6, Inject(tuple(range(20, 40)))))
    steps = finish(engine)
    assert recorder.text[7:] == [20, 21, 22, 23, 24]
    assert steps[-1].end is End.LENGTH


def _raising(_: Step) -> None:
    raise RuntimeError("broken rules")


@pytest.mark.parametrize(
    "control",
    [
        _raising,
        lambda _: "nonsense",
        lambda _: (Rewind(5), None),
        lambda _: Inject((4, 100_000)),
        lambda _: Inject((-1,)),
    ],
    ids=["raises", "nonsense", "half nonsense", "unknown token", "negative token"],
)
@pytest.mark.parametrize("closing", [False, True])
def test_control_that_fails_ends_its_own_run_only(kind: Kind, control: Any, closing: bool) -> None:
    failing: Callable[[Step], Any] = lambda step: control(step) if bool(step.end) == closing else None  # noqa: E731
    engine = kind.engine()
    good = Request("b", CONTEXT, max_new=6, seed=3)
    engine.submit(Request("a", CONTEXT, max_new=3, forced=(7, 8)), failing)
    engine.submit(good)
    steps = finish(engine)
    assert (of("a", steps)[-1].end, of("a", steps)[-1].message) == (End.FAILED, CONTROL_FAILED)
    assert sum(step.end is not None for step in of("a", steps)) == 1
    assert tokens(steps, "b") == oracle.answer(kind.plain, good)


def test_control_may_cancel_and_submit(kind: Kind) -> None:
    engine = kind.engine()
    branch = Request("branch", (*CONTEXT, 8), max_new=3, seed=6)

    def control(step: Step) -> None:
        if step.position == 6 and step.end is None:
            engine.cancel("a")
            engine.cancel("b")
            engine.submit(branch)

    engine.submit(Request("a", CONTEXT, max_new=9, seed=3), control)
    engine.submit(Request("b", CONTEXT, max_new=9, seed=4))
    steps = finish(engine)
    assert [of(run, steps)[-1].end for run in ("a", "b")] == [End.CANCELLED, End.CANCELLED]
    assert tokens(steps, "branch") == oracle.answer(kind.plain, branch)


class _First(torch.nn.Module):
    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return states[:, 0, 0].sigmoid()
