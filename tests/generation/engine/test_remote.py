"""The engine in front of a server: the same steps as in this process, all runs' questions at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from generation.engine import Ban, End, Inject, Rejected, Request, Rewind, Steer, Steered, Step
from generation.engine.inprocess import CONTROL_FAILED, InProcessEngine, Limits
from generation.engine.probes import Probe, ProbeBank
from generation.engine.remote import RemoteEngine
from generation.engine.remote.engine import SPAN
from generation.engine.remote.told import WIDTH
from tests.generation.engine.driving import finish, most_bits, of, start, tokens
from tests.generation.engine.kinds import kind as kind_named
from tests.generation.engine.remote_kinds import TOGETHER
from tests.generation.engine.remotes import DIALECTS, remote, shared
from tests.generation.engine.standin.http import Fault
from tests.generation.engine.test_contract_probes import Sum

CONTEXT = (5, 9, 17, 3, 40)
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"temperature": 0.0},
    {"temperature": 1.3, "k": 50, "top_p": 0.9, "forced": (7, 8, 60)},
    {"min_p": 0.05, "temperature": 2.0},
    {"predecessor_draw": True, "temperature": 0.8},
)


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def engine_of(dialect: str, limits: Limits | None = None) -> RemoteEngine:
    return RemoteEngine(shared(dialect).server, limits, straggling=TOGETHER)


def nudging(step: Step) -> tuple[Rewind, Inject] | tuple[Rewind, Ban] | None:
    if step.position == 14 and step.origin.value == "sampled":
        return Rewind(11), Inject((50, 51, 52))
    return None


def nudged_once() -> Any:
    left = [1]
    return lambda step: nudging(step) if step.position == 14 and left and left.pop() else None


def test_steps_are_those_of_the_engine_in_this_process(dialect: str) -> None:
    """To the letter; numbers but for rounding; the entropy as far as it is told."""
    here = kind_named("packed").engine()
    there = engine_of(dialect)
    for engine in (here, there):
        for number, settings in enumerate(SETTINGS):
            request = Request(str(number), (*CONTEXT, number + 30), max_new=12, seed=number, **settings)
            engine.submit(request, nudged_once() if number == 0 else None)
    ours, theirs = finish(here), finish(there)
    for number in range(len(SETTINGS)):
        mine, other = of(str(number), ours), of(str(number), theirs)
        assert len(mine) == len(other)
        for one, two in zip(mine, other, strict=True):
            assert (one.position, one.token, one.origin, one.end) == (
                two.position,
                two.token,
                two.origin,
                two.end,
            )
            assert two.rank == (one.rank if dialect == "vllm" else min(one.rank, WIDTH))
            assert two.top_ids.tolist() == one.top_ids.tolist()
            np.testing.assert_allclose(two.top_logprobs, one.top_logprobs, atol=1e-4)
            np.testing.assert_allclose(two.top_p, one.top_p, atol=1e-4)
            assert (two.logprob, two.p) == pytest.approx((one.logprob, one.p), abs=1e-4)
            assert one.entropy - 1e-3 <= two.entropy < one.entropy + 0.2


def test_the_entropy_is_the_highest_that_fits_what_is_told() -> None:
    plain = kind_named("packed").plain
    engine = engine_of("vllm")
    recorder = start(engine, Request("a", CONTEXT, max_new=5))
    finish(engine)
    for step, before in zip(recorder.steps[:-1], recorder.before, strict=False):
        own = plain.after(before)
        assert step.entropy == pytest.approx(most_bits(own, WIDTH), abs=1e-4)
        assert step.entropy >= most_bits(own) - 1e-4


def test_all_runs_are_asked_for_at_once(dialect: str) -> None:
    """No answer comes before every question is there."""
    one = remote(dialect)
    everybody = threading.Event()

    def plan(number: int, _: Any) -> Fault:
        if number == 15:
            everybody.set()
        return Fault(until=everybody)

    one.standin.plan(plan)
    engine = RemoteEngine(one.server, straggling=TOGETHER)
    for number in range(16):
        engine.submit(Request(str(number), (*CONTEXT, number + 30), max_new=3, seed=number))
    steps = finish(engine, most=10_000)
    assert everybody.is_set()
    assert len(one.standin.questions) == 3 * 16
    assert sum(step.end is End.LENGTH for step in steps) == 16


def test_each_step_is_one_new_position(dialect: str) -> None:
    one = remote(dialect)
    one.standin.plan(None)
    engine = RemoteEngine(one.server, straggling=TOGETHER)
    engine.submit(Request("a", CONTEXT, max_new=4, owner="ann"))
    said = tokens(finish(engine))
    sent = [asked.get("prompt") or asked.get("input_ids") for asked in one.standin.questions]
    assert sent == [[*CONTEXT, *said[:length]] for length in range(4)]
    for asked in one.standin.questions:
        if dialect == "vllm":
            assert (asked["max_tokens"], asked["logprobs"], "prompt_logprobs" in asked) == (1, WIDTH, False)
        else:
            assert asked["sampling_params"]["max_new_tokens"] == 1
            assert (asked["top_logprobs_num"], asked["logprob_start_len"]) == (WIDTH, -1)
            assert "return_hidden_states" not in asked


def test_what_is_forced_is_asked_for_in_one_question(dialect: str) -> None:
    one = remote(dialect)
    one.standin.plan(None)
    engine = RemoteEngine(one.server, straggling=TOGETHER)
    engine.submit(Request("a", CONTEXT, max_new=1, forced=tuple(range(20, 40))))
    assert len(tokens(finish(engine))) == 21
    (asked,) = one.standin.questions
    assert (asked.get("prompt") or asked.get("input_ids")) == [*CONTEXT, *range(20, 40)]


def test_a_long_forced_text_is_asked_for_in_parts(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.engine.remote.engine.SPAN", 7)
    assert SPAN > 7
    request = Request("a", CONTEXT, max_new=3, forced=tuple(range(20, 44)), seed=5)
    here, there = kind_named("packed").engine(), engine_of(dialect)
    here.submit(request)
    recorder = start(there, request)
    mine, other = finish(here), finish(there)
    assert tokens(mine) == tokens(other)
    assert [step.position for step in recorder.steps] == [step.position for step in mine]
    for one, two in zip(mine, other, strict=True):
        assert two.logprob == pytest.approx(one.logprob, abs=1e-4)


def test_owners_share_no_prefix(dialect: str) -> None:
    one = remote(dialect)
    one.standin.plan(None)
    engine = RemoteEngine(one.server, straggling=TOGETHER)
    for run, owner in (("a", "ann"), ("b", "ann"), ("c", "bob"), ("d", "")):
        engine.submit(Request(run, tuple(range(20, 60)), max_new=1, owner=owner))
        finish(engine)
    field = "cache_salt" if dialect == "vllm" else "extra_key"
    names = [asked.get(field) for asked in one.standin.questions]
    assert names[0] == names[1] != names[2]
    assert names[3] is None
    assert all(name is None or ("ann" not in name and len(name) == 32) for name in names)


def test_it_tells_how_much_was_there_already(dialect: str) -> None:
    engine = RemoteEngine(remote(dialect).server, straggling=TOGETHER)
    context = tuple(range(20, 60))
    for run in "ab":
        engine.submit(Request(run, context, max_new=2, owner="ann"))
    first = engine.steps()
    steps = first + finish(engine)
    again = Request("c", (*context, 7), max_new=2, owner="ann")
    engine.submit(again)
    reused = [step.reused for step in finish(engine)]
    assert {step.reused for step in steps if step.position > 40} == {0}
    assert reused[0] == (40 if dialect == "sglang" else 32)  # vLLM finds whole blocks of 16
    assert reused[1:] == [0, 0]
    assert engine.counters.decoded == 6
    assert engine.counters.reused >= reused[0]


def test_two_engines_ask_one_server_and_say_the_same(dialect: str) -> None:
    engines = [engine_of(dialect), engine_of(dialect)]
    for engine in engines:
        for number in range(4):
            engine.submit(Request(str(number), (*CONTEXT, number), max_new=8, seed=number))
    out: list[list[Step]] = [[], []]
    while any(engine.pause is not None for engine in engines):
        for engine, steps in zip(engines, out, strict=True):
            steps += engine.steps()
    for number in range(4):
        assert tokens(out[0], str(number)) == tokens(out[1], str(number))
        assert len(tokens(out[0], str(number))) == 8


def test_one_goes_on_where_another_was_killed(dialect: str) -> None:
    request = Request("a", CONTEXT, max_new=10, seed=9)
    whole = engine_of(dialect)
    whole.submit(request)
    said = tokens(finish(whole))
    killed = engine_of(dialect)
    killed.submit(request)
    begun: list[Step] = []
    while len(begun) < 4:
        begun += killed.steps()
    del killed
    rest = engine_of(dialect)
    stood = tokens(begun)
    rest.submit(replace(request, context=(*CONTEXT, *stood), max_new=10 - len(stood)))
    assert stood + tokens(finish(rest)) == said


def test_a_long_prompt_holds_nobody_up(dialect: str) -> None:
    one = remote(dialect)
    read = threading.Event()

    def plan(_: int, asked: Any) -> Fault | None:
        return Fault(until=read) if len(asked.get("prompt") or asked.get("input_ids")) > 100 else None

    one.standin.plan(plan)
    engine = RemoteEngine(one.server, straggling=0.01)
    engine.submit(Request("long", tuple(range(3, 90)) * 2, max_new=2))
    engine.submit(Request("short", CONTEXT, max_new=12))
    out: list[Step] = []
    while not any(step.end for step in out):
        out += engine.steps()
    assert {step.id for step in out} == {"short"}
    read.set()
    assert len(tokens(finish(engine, most=10_000), "long")) == 2


def test_nothing_is_steered(dialect: str) -> None:
    engine = engine_of(dialect)
    with pytest.raises(Rejected, match="can't be steered"):
        engine.submit(Request("a", CONTEXT, steered=(Steered(1, 2, "calm"),)))
    with pytest.raises(Rejected, match="can't be steered"):
        engine.submit(Request("a", CONTEXT), begin=(Steer("calm"),))
    assert engine.pause is None
    engine.submit(Request("a", CONTEXT, max_new=5), lambda step: Steer("calm"))
    engine.submit(Request("b", CONTEXT, max_new=5))
    steps = finish(engine)
    assert (of("a", steps)[-1].end, of("a", steps)[-1].message) == (End.FAILED, CONTROL_FAILED)
    assert of("b", steps)[-1].end is End.LENGTH


def test_more_bans_than_alternatives_ask_for_more() -> None:
    one = remote("vllm", max_logprobs=96)
    one.standin.plan(None)
    banned = frozenset(range(3, 60))
    request = Request("a", CONTEXT, max_new=3, k=30)
    here = kind_named("packed").engine()
    there = RemoteEngine(one.server, straggling=TOGETHER)
    for engine in (here, there):
        engine.submit(request, begin=(Ban(banned),))
    assert tokens(finish(here)) == tokens(finish(there))
    assert [asked["logprobs"] for asked in one.standin.questions] == [30 + 57, WIDTH, WIDTH]


def test_probes_see_what_they_see_in_this_process() -> None:
    bank = ProbeBank((Probe("mood", Sum(), (-1,)), Probe("same", Sum(), (3,))))
    here: InProcessEngine = kind_named("packed").engine(probes=bank)
    there = RemoteEngine(shared("sglang").server, probes=bank, straggling=TOGETHER)
    for engine in (here, there):
        for number in range(6):
            judged = ("mood", "same") if number % 2 else ()
            engine.submit(
                Request(
                    str(number), (*CONTEXT, number), max_new=8, seed=number, forced=(7, 8), probes=judged
                ),
                nudged_once(),
            )
    ours, theirs = finish(here), finish(there)
    for number in range(6):
        mine, other = of(str(number), ours), of(str(number), theirs)
        assert [step.token for step in mine] == [step.token for step in other]
        for one, two in zip(mine, other, strict=True):
            assert two.scores == pytest.approx(one.scores, abs=1e-5)
            assert set(two.scores) == ({"mood", "same"} if number % 2 else set())
    assert there.counters.probing > 0


def test_a_probe_that_is_gone_scores_nothing() -> None:
    bank = ProbeBank((Probe("mood", Sum(), (-1,)),))
    engine = RemoteEngine(shared("sglang").server, probes=bank, straggling=TOGETHER)
    engine.submit(Request("a", CONTEXT, max_new=4, probes=("mood",)))
    first = engine.steps()
    engine.use(ProbeBank())
    rest = finish(engine)
    assert all(np.isfinite(step.scores["mood"]) for step in first)
    assert all(np.isnan(step.scores["mood"]) for step in rest)
    assert rest[-1].end is End.LENGTH
    with pytest.raises(ValueError, match="Layer 1 can't be read"):
        engine.use(ProbeBank((Probe("deep", Sum(), (1, -1)),)))
    assert torch.is_inference_mode_enabled() is False
