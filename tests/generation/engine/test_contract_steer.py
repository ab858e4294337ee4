"""A run that is steered says what its model says with a vector added in one layer; nobody else does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.engine import (
    Action,
    Ban,
    Control,
    End,
    Inject,
    Rejected,
    Request,
    Rewind,
    Steer,
    Steered,
    Step,
)
from generation.engine.directions import Direction, Directions
from generation.engine.inprocess import CONTROL_FAILED, NO_DIRECTION, InProcessEngine, Limits
from generation.engine.packed import PackedForward
from generation.engine.probes import Probe, ProbeBank
from generation.engine.sequential import SequentialForward
from tests.generation.engine import oracle
from tests.generation.engine.driving import Recorder, finish, log_softmax, of, start, tokens
from tests.generation.engine.kinds import HERE, Kind, Pushes
from tests.generation.engine.kinds import kind as kind_named
from tests.generation.engine.test_contract_probes import Sum, score

CONTEXT = (5, 9, 17, 3, 40)
STRENGTH = 3.0
LAYERS = (0, 1, 2, -1)


@pytest.fixture(params=HERE)
def kind(request: pytest.FixtureRequest) -> Kind:
    """All engines that can steer. What the others say to it stands in test_remote.py."""
    return kind_named(str(request.param))


def direction(kind: Kind, name: str = "calm", layer: int = 1) -> Direction:
    vector = np.cos(np.arange(kind.width) * 1.7 + layer).astype(np.float32)
    return Direction(name, torch.from_numpy(vector), layer)


def pushes(kind: Kind, positions: range | list[int], layer: int = 1, strength: float = STRENGTH) -> Pushes:
    added = direction(kind, layer=layer).vector.double().numpy() * strength
    return dict.fromkeys(positions, (layer, added))


def at(position: int, *actions: Action) -> Control:
    """Acts once, after the token at `position`."""
    left = [actions]

    def control(step: Step) -> tuple[Action, ...] | None:
        return left.pop() if left and step.end is None and step.position == position else None

    return control


def said(kind: Kind, recorder: Recorder, made: Pushes, request: Request, banned: int = -1) -> None:
    """Each step's numbers and choice are those of a plain pass over the text in which all this is added; the
    oracle of choices knows no bans."""
    told = [s for s in recorder.steps if s.end is None]
    text = [*recorder.text[: told[-1].position]]
    logprobs = log_softmax(kind.steered(text, made))
    for step in {step.position: step for step in told}.values():
        own = logprobs[step.position - 1]
        assert abs(step.logprob - own[step.token]) < 1e-4, step.position
        np.testing.assert_allclose(step.top_logprobs, np.sort(own)[::-1][: len(step.top_ids)], atol=1e-4)
        if step.origin.value == "sampled" and step.position != banned:
            assert step.token == oracle.choice(oracle.chances(own, request), request, step.position)


@pytest.mark.parametrize("layer", LAYERS)
def test_it_says_what_the_model_says_with_a_vector_added(kind: Kind, layer: int) -> None:
    request = Request("a", CONTEXT, max_new=10, seed=2)
    engine = kind.engine(Limits(prefill_tokens=8), directions=(direction(kind, layer=layer),))
    neighbours = [Request(f"other {n}", (*CONTEXT, n + 30), max_new=14, seed=n) for n in range(3)]
    for other in neighbours:
        engine.submit(other)
    recorder = start(engine, request, at(7, Steer("calm", STRENGTH, 3)))
    steps = finish(engine)
    # Three tokens, at 8, 9 and 10, are drawn from what is computed at 7, 8 and 9.
    said(kind, recorder, pushes(kind, range(7, 10), layer), request)
    assert len(recorder.text) == 15
    for other in neighbours:
        assert tokens(steps, other.id) == oracle.answer(kind.plain, other)


def test_it_changes_what_is_said(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=12, seed=2)
    engine = kind.engine(directions=(direction(kind),))
    recorder = start(engine, request, at(5, Steer("calm", 40.0, 9)))
    finish(engine)
    assert recorder.text[5:] != oracle.answer(kind.plain, request)
    assert recorder.text[5] == oracle.answer(kind.plain, request)[0]


def test_nobody_elses_bits_are_touched(kind: Kind) -> None:
    def others(action: Action | None) -> list[tuple[bytes, bytes, int]]:
        engine = kind.engine(directions=(direction(kind),))
        for n in range(3):
            engine.submit(Request(f"other {n}", (*CONTEXT, n + 30), max_new=12, seed=n))
        control = at(6, action) if action is not None else None
        engine.submit(Request("a", CONTEXT, max_new=12, seed=2), control)
        return [
            (step.top_logprobs.tobytes(), np.float64(step.logprob).tobytes(), step.token)
            for step in finish(engine)
            if step.id != "a" and step.end is None
        ]

    assert others(Steer("calm", STRENGTH, 5)) == others(None)


ENDING: dict[str, tuple[Action, ...]] = {
    "inject": (Inject((21, 22)),),
    "rewind": (Rewind(9),),
    "rewind into what was steered": (Rewind(8),),
    "ban": (Rewind(9), Ban(frozenset({50}))),
    "ban alone": (Ban(frozenset({50})),),
    "another way": (Steer("calm", -STRENGTH, 2, 2),),
    "back, and another way": (Rewind(9), Steer("calm", STRENGTH, 1)),
}


@pytest.mark.parametrize("name", ENDING)
def test_whatever_is_done_meanwhile_ends_it(kind: Kind, name: str) -> None:
    first, then = at(6, Steer("calm", STRENGTH, 90)), at(10, *ENDING[name])

    def control(step: Step) -> tuple[Action, ...] | None:
        return first(step) or then(step)  # type: ignore[return-value]

    request = Request("a", CONTEXT, max_new=12, seed=2)
    engine = kind.engine(directions=(direction(kind),))
    recorder = start(engine, request, control)
    finish(engine)
    ended = {"inject": 10, "ban alone": 10, "another way": 10, "rewind into what was steered": 7}.get(name, 8)
    made = pushes(kind, range(6, ended))
    if name == "another way":
        added = direction(kind).vector.double().numpy() * -STRENGTH
        made |= {10: (2, added), 11: (2, added)}
    if name == "back, and another way":
        made |= pushes(kind, [8])
    said(kind, recorder, made, request, banned={"ban": 9, "ban alone": 11}.get(name, -1))


@pytest.mark.parametrize("back", [False, True])
def test_what_is_still_to_be_forced_comes_first(kind: Kind, back: bool) -> None:
    request = Request("a", CONTEXT, max_new=4, seed=2, forced=(50, 51, 52, 53))
    engine = kind.engine(directions=(direction(kind),))
    steer = Steer("calm", STRENGTH, 2)
    recorder = start(engine, request, at(6, Rewind(7), steer) if back else at(6, steer))
    finish(engine)
    # Unless it is taken back with what stands.
    forced = [50, 51] if back else [50, 51, 52, 53]
    assert recorder.text[5 : 5 + len(forced)] == forced
    assert len(recorder.text) == 5 + len(forced) + 4
    first = 4 + len(forced)
    said(kind, recorder, pushes(kind, range(first, first + 2)), request)


@pytest.mark.parametrize("seated", ["cold", "warm"])
def test_a_run_that_goes_on_elsewhere_says_the_same(kind: Kind, seated: str) -> None:
    """Cut at each step, by an engine that never saw it, and by one that still keeps its prefix warm."""
    request = Request("a", CONTEXT, max_new=9, seed=2, probes=("mood",))
    bank = ProbeBank((Probe("mood", Sum(), (1,)),))
    known = (direction(kind),)
    engine = kind.engine(probes=bank, directions=known)
    recorder = start(engine, request, at(6, Steer("calm", STRENGTH, 4)))
    finish(engine)
    whole = [step for step in recorder.steps if step.end is None]
    for cut in range(6, 14):
        if seated == "cold":
            engine = kind.engine(probes=bank, directions=known)
        text = tuple(recorder.text[:cut])
        done = max(0, cut - 7)
        steered = (Steered(6, 5 + min(done, 4), "calm", STRENGTH),) if done else ()
        begin = (Steer("calm", STRENGTH, 4 - done),) if 7 <= cut < 11 else ()
        again = replace(request, context=text, max_new=14 - cut, steered=steered)
        if cut == 6:
            again = replace(again, max_new=8)
            rest = start(engine, again, at(6, Steer("calm", STRENGTH, 4)))
        else:
            rest = Recorder(again.context)
            engine.submit(again, rest, begin)
        steps = finish(engine)
        assert rest.text == recorder.text, cut
        for step, before in zip(rest.steps, [s for s in recorder.steps if s.position >= cut], strict=True):
            assert step.logprob == pytest.approx(before.logprob, abs=1e-4)
            assert step.scores["mood"] == pytest.approx(before.scores["mood"], abs=1e-5)
        if seated == "warm" and kind.forks:
            assert steps[0].reused == cut - 1, "what was steered alike is used again"
    assert len(whole) == 9


def test_what_was_steered_is_used_again_by_nobody_else(kind: Kind) -> None:
    engine = kind.engine(directions=(direction(kind), direction(kind, "wild", 2)))
    first = start(engine, Request("a", CONTEXT, max_new=8, seed=2), at(7, Steer("calm", STRENGTH, 3)))
    finish(engine)
    text = tuple(first.text)
    for name, steered, length in (
        ("plain", (), 7),
        ("other strength", (Steered(7, 9, "calm", 1.0),), 7),
        ("other direction", (Steered(7, 9, "wild", STRENGTH),), 7),
        ("longer", (Steered(7, 10, "calm", STRENGTH),), 10),
        ("alike", (Steered(7, 9, "calm", STRENGTH),), len(text) - 1),
    ):
        request = Request(name, text, max_new=0, forced=(30,), seed=2, steered=steered)
        engine.submit(request)
        step = of(name, finish(engine))[0]
        if kind.forks:
            assert step.reused >= length if name == "alike" else step.reused <= length, name
        if name == "plain":
            assert step.logprob == pytest.approx(kind.plain.after(list(text))[30], abs=1e-4)
    branch = Request("b", (*text[:9], 33), max_new=3, seed=4)
    engine.submit(branch)
    assert tokens(finish(engine), "b") == oracle.answer(kind.plain, branch)


def test_nor_is_it_while_the_run_goes_on(kind: Kind) -> None:
    engine = kind.engine(directions=(direction(kind),))
    parent = start(engine, Request("a", CONTEXT, max_new=9, seed=1), at(6, Steer("calm", STRENGTH, 9)))
    while len(parent.text) < 10:
        engine.steps()
    branch = Request("b", (*parent.text[:9], 33), max_new=4, seed=2)
    engine.submit(branch)
    steps = finish(engine)
    assert of("b", steps)[0].reused in ((6,) if kind.forks else (0,))
    assert tokens(steps, "b") == oracle.answer(kind.plain, branch)


def test_what_reads_that_layer_sees_the_text_as_nobody_steered(kind: Kind) -> None:
    """So a guard judges what is said, and not what was added."""
    bank = ProbeBank((Probe("there", Sum(), (1,)), Probe("above", Sum(), (-1,))))
    engine = kind.engine(probes=bank, directions=(direction(kind),))
    request = Request("a", CONTEXT, max_new=8, seed=2, probes=("there", "above"))
    recorder = start(engine, request, at(6, Steer("calm", STRENGTH, 4)))
    finish(engine)
    differs = []
    for step, before in zip(recorder.steps, recorder.before, strict=True):
        np.testing.assert_allclose(step.scores["there"], score(kind, (1,), before), atol=1e-5)
        if abs(step.scores["above"] - score(kind, (-1,), before)) > 1e-5:
            differs.append(step.position)
    assert differs[:3] == [7, 8, 9]


def test_a_run_that_waits_for_room_is_steered_all_the_same(kind: Kind) -> None:
    room = 24 * kind.forward().token_bytes
    engine = kind.engine(Limits(row_bytes=room, retained_bytes=0), directions=(direction(kind),))
    requests = [Request(name, CONTEXT, max_new=9, seed=seed) for name, seed in (("a", 1), ("b", 2))]
    recorders = [start(engine, request, at(7, Steer("calm", STRENGTH, 4))) for request in requests]
    finish(engine)
    assert engine.counters.put_back > 0
    for recorder, request in zip(recorders, requests, strict=True):
        said(kind, recorder, pushes(kind, range(7, 11)), request)


@pytest.mark.parametrize(
    "action", [Steer("unknown", 1.0, 3), Steer("calm", 1.0, 3, 99)], ids=["direction", "layer"]
)
def test_what_is_not_there_ends_the_run_alone(kind: Kind, action: Steer) -> None:
    if kind.name == "scripted" and action.layer == 99:
        return  # it has every layer
    engine = kind.engine(directions=(direction(kind),))
    good = Request("b", CONTEXT, max_new=6, seed=3)
    engine.submit(Request("a", CONTEXT, max_new=6), at(6, action))
    engine.submit(good)
    steps = finish(engine)
    assert (of("a", steps)[-1].end, of("a", steps)[-1].message) == (End.FAILED, CONTROL_FAILED)
    assert tokens(steps, "b") == oracle.answer(kind.plain, good)
    with pytest.raises(Rejected):
        engine.submit(Request("c", CONTEXT), None, (action,))


def test_a_direction_that_goes_away_ends_the_runs_that_it_steers(kind: Kind) -> None:
    engine = kind.engine(directions=(direction(kind),))
    good = Request("b", CONTEXT, max_new=6, seed=3)
    engine.submit(Request("a", CONTEXT, max_new=60), at(6, Steer("calm", 1.0, 30)))
    engine.submit(good)
    steps = [step for _ in range(5) for step in engine.steps()]
    engine.use(ProbeBank(), Directions())
    steps += finish(engine)
    assert (of("a", steps)[-1].end, of("a", steps)[-1].message) == (End.FAILED, NO_DIRECTION)
    assert tokens(steps, "b") == oracle.answer(kind.plain, good)
    with pytest.raises(Rejected, match="no such direction"):
        engine.submit(Request("c", CONTEXT, steered=(Steered(1, 2, "calm"),)))


def test_no_hook_stands_where_nobody_is_steered(kind: Kind) -> None:
    engine = kind.engine(directions=(direction(kind),))
    assert isinstance(engine, InProcessEngine)
    forward = engine.forward
    if not isinstance(forward, PackedForward | SequentialForward):
        return

    def hooks() -> int:
        modules = list(forward.model.modules())
        return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in modules)

    before = hooks()
    engine.submit(Request("a", CONTEXT, max_new=6), at(6, Steer("calm", 1.0, 2)))
    while engine.pause is not None:
        engine.steps()
        assert hooks() == before


def test_directions_that_make_no_sense_are_refused() -> None:
    good = torch.zeros(4)
    with pytest.raises(ValueError, match="same name"):
        Directions((Direction("a", good, 1), Direction("a", good, 2)))
    for bad in (torch.tensor([1.0, float("nan")]), torch.tensor([float("inf")]), torch.zeros(2, 2)):
        with pytest.raises(ValueError, match="no list of finite numbers"):
            Directions((Direction("a", bad, 1),))
    with pytest.raises(ValueError, match="positions of the context"):
        Request("a", CONTEXT, steered=(Steered(3, 5, "calm"),))
