"""Who goes next: fair by owner, prompts in portions, no more than the cache holds, pauses of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generation.engine import End, Request, Step
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.scheduler import Scheduler
from generation.engine.scripted import ScriptedForward
from generation.engine.sequence import Sequence
from tests.generation.engine import oracle
from tests.generation.engine.driving import finish, of, tokens
from tests.generation.engine.kinds import Kind, kind

TOKEN = ScriptedForward.token_bytes


def scripted(
    clock: Callable[[], float] = lambda: 0.0, **limits: int
) -> tuple[InProcessEngine, ScriptedForward]:
    forward = ScriptedForward(96)
    return InProcessEngine(forward, Limits(**limits), clock=clock), forward


def long(length: int, shift: int = 0) -> tuple[int, ...]:
    return tuple((place * 7 + shift) % 96 for place in range(length))


def test_fifty_runs_of_one_owner_do_not_hold_up_anothers_first() -> None:
    engine, _ = scripted(max_runs=4)
    for number in range(50):
        engine.submit(Request(f"a{number}", (1, number), max_new=40, owner="a"))
    engine.steps()
    engine.submit(Request("b", (2, 3), max_new=3, owner="b"))
    steps = engine.steps()
    assert tokens(steps, "b"), "the newcomer's first token comes in the very next step"
    assert len({step.id for step in steps}) == 4
    steps += engine.steps() + engine.steps()
    assert of("b", steps)[-1].end is End.LENGTH


def test_owners_share_the_places_equally() -> None:
    engine, _ = scripted(max_runs=6)
    for number in range(20):
        for owner in "ab":
            engine.submit(Request(f"{owner}{number}", (1, number), max_new=30, owner=owner))
    engine.submit(Request("c0", (9,), max_new=30, owner="c"))
    steps = engine.steps()
    served = sorted(step.id[0] for step in steps)
    assert served.count("c") == 1
    assert {served.count("a"), served.count("b")} == {2, 3}


def test_a_put_back_run_keeps_its_place_in_line() -> None:
    engine, _ = scripted(max_runs=2)
    for number in range(4):
        engine.submit(Request(f"a{number}", (1, number), max_new=6, owner="a"))
    engine.steps()
    engine.submit(Request("b", (2,), max_new=2, owner="b"))
    out = finish(engine)
    ends = [step.id for step in out if step.end]
    assert ends == ["b", "a0", "a1", "a2", "a3"]


def test_one_owners_runs_are_served_in_the_order_of_their_arrival() -> None:
    engine, _ = scripted(max_runs=1)
    for number in range(5):
        engine.submit(Request(str(number), (1,), max_new=2))
    assert [step.id for step in finish(engine) if step.end] == list("01234")


def test_a_long_prompt_never_stalls_the_others(kind_here: Kind) -> None:
    engine = kind_here.engine(Limits(prefill_tokens=16))
    talkers = [Request(str(n), (1, 2, n), max_new=25, seed=n) for n in range(3)]
    for talker in talkers:
        engine.submit(talker)
    engine.steps()
    engine.submit(Request("long", tuple(range(90)) * 2, max_new=1))
    for _ in range(11):  # 180 tokens in portions of 16 take twelve steps
        steps = engine.steps()
        assert {step.id for step in steps} == {"0", "1", "2"}
    assert {step.id for step in engine.steps()} == {"0", "1", "2", "long"}
    finish(engine)


def test_a_thousand_tokens_are_read_in_portions() -> None:
    engine, forward = scripted(prefill_tokens=64)
    for number in range(3):
        engine.submit(Request(str(number), (1, number), max_new=60))
    engine.steps()
    forward.passes.clear()
    engine.submit(Request("long", long(1000), max_new=1))
    out: list[Step] = []
    while not of("long", out):
        step = engine.steps()
        assert {s.id for s in step} >= {"0", "1", "2"}
        out += step
    assert len(forward.passes) == 16
    assert all(sum(parts) <= 64 + 3 for parts in forward.passes)


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({"a": [100]}, {"a0": 60}),
        ({"a": [100], "b": [100]}, {"a0": 30, "b0": 30}),
        ({"a": [10], "b": [100], "c": [100]}, {"a0": 10, "b0": 25, "c0": 25}),
        ({"a": [100, 100], "b": [5, 5]}, {"b0": 5, "b1": 5, "a0": 50}),
        ({"a": [12, 100], "b": [100]}, {"a0": 12, "a1": 18, "b0": 30}),
        ({"a": [2], "b": [2], "c": [2]}, {"a0": 2, "b0": 2, "c0": 2}),
    ],
)
def test_the_budget_is_shared_like_water(needs: dict[str, list[int]], expected: dict[str, int]) -> None:
    scheduler = Scheduler(max_runs=99, prefill_budget=60, max_tokens=10_000)
    arrival = 0
    for owner, lengths in needs.items():
        for number, length in enumerate(lengths):
            arrival += 1
            request = Request(f"{owner}{number}", long(length), owner=owner)
            scheduler.running.append(Sequence(request, None, 10_000, arrival))
    assert {s.request.id: count for s, count in scheduler.plan(0.0)} == expected


def test_nobody_starves_when_owners_outnumber_the_budget() -> None:
    engine, _ = scripted(max_runs=32, prefill_tokens=4)
    for number in range(20):
        engine.submit(Request(str(number), long(3 + number), max_new=1, owner=str(number)))
    out = finish(engine, most=120)
    assert sum(step.end is End.LENGTH for step in out) == 20


def test_a_run_that_does_not_fit_waits() -> None:
    engine, _ = scripted(row_bytes=100 * TOKEN, retained_bytes=0)
    engine.submit(Request("a", long(60), max_new=10))
    engine.submit(Request("b", long(50, 1), max_new=10))
    out: list[Step] = []
    while engine.occupancy[0] or engine.occupancy[1]:
        out += engine.steps()
        assert engine.occupancy[0] <= 1
    finish(engine)
    assert [step.end for step in out if step.end] == [End.LENGTH, End.LENGTH]
    assert out.index(of("a", out)[-1]) < out.index(of("b", out)[0])


def test_runs_that_outgrow_the_room_take_turns_and_say_the_same() -> None:
    model = kind("scripted")
    engine = model.engine(Limits(row_bytes=60 * TOKEN))
    requests = [Request(str(n), long(12, n), max_new=30, seed=n) for n in range(4)]
    for request in requests:
        engine.submit(request)
    out = finish(engine)
    assert engine.counters.put_back > 0
    for request in requests:
        assert tokens(out, request.id) == oracle.answer(model.plain, request)
        assert of(request.id, out)[-1].end is End.LENGTH


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_delay_pauses_its_own_run_only(kind: Kind) -> None:
    clock = Clock()
    engine = kind.engine(clock=clock)
    slow = Request("slow", (5, 6), max_new=3, seed=1, delay=2.0, forced=(7, 8))
    quick = Request("quick", (5, 6), max_new=5, seed=1)
    engine.submit(slow)
    engine.submit(quick)
    out = engine.steps()
    while engine.occupancy[0] == 2 and len(of("quick", out)) < 6:
        out += engine.steps()
    assert of("quick", out)[-1].end is End.LENGTH
    assert tokens(out, "slow")[:2] == [7, 8], "forced tokens are not delayed"
    assert len(tokens(out, "slow")) == 3
    assert engine.pause == 2.0
    assert engine.steps() == []
    clock.now += 1.5
    assert engine.pause == 0.5
    assert engine.steps() == []
    clock.now += 0.5
    out += engine.steps()
    assert len(tokens(out, "slow")) == 4
    assert engine.pause == 2.0
    engine.cancel("slow")
    assert engine.pause == 0
    assert [step.end for step in engine.steps()] == [End.CANCELLED]
    assert engine.pause is None


def test_nobody_waits_for_what_is_written_ahead(kind: Kind) -> None:
    clock = Clock()
    engine = kind.engine(clock=clock)
    engine.submit(Request("slow", (5, 6), max_new=7, seed=1, delay=2.0, ahead=5))
    out = engine.steps()
    while engine.pause == 0:
        out += engine.steps()
    assert len(tokens(out, "slow")) == 1
    clock.now += 2.0
    out += engine.steps()
    while engine.pause == 0:
        out += engine.steps()
    assert len(tokens(out, "slow")) == 2, "behind the last one that anybody sees"
    clock.now += 2.0
    while engine.pause is not None:
        assert engine.pause == 0
        out += engine.steps()
    assert len(tokens(out, "slow")) == 7
    assert of("slow", out)[-1].end is End.LENGTH
    with pytest.raises(ValueError, match="a part of max_new"):
        Request("a", (5, 6), max_new=3, ahead=4)


def test_whoever_comes_in_a_pause_is_served_at_once() -> None:
    clock = Clock()
    engine, _ = scripted(clock)
    engine.submit(Request("slow", (5, 6), max_new=3, delay=2.0))
    engine.steps()
    assert engine.pause == 2.0
    engine.submit(Request("quick", (5, 6), max_new=1))
    assert engine.pause == 0
    assert tokens(engine.steps(), "quick")
