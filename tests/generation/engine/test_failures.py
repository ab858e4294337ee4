"""Memory that runs out, numbers that are none: the run they belong to ends, the others notice nothing."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from generation.engine import End, Request
from generation.engine.build import build
from generation.engine.forward import Span
from generation.engine.inprocess import NO_MEMORY, NOT_FINITE, InProcessEngine, Limits
from generation.engine.scripted import ScriptedForward, hashed_script
from tests.generation.engine import oracle
from tests.generation.engine.architectures import ARCHITECTURES, Architecture, tiny
from tests.generation.engine.driving import finish, of, tokens
from tests.generation.engine.kinds import kind as kind_named

BAD = 95  # the token that spoils a run


def spread_over(length: int) -> Any:
    """Fails a pass whose rows would hold more than `length` tokens together."""

    def fail(spans: Many[Span]) -> bool:
        return sum(span.start + len(span.tokens) for span in spans) > length

    return fail


def test_retained_prefixes_go_before_anybody_is_put_back() -> None:
    failing = False
    forward = ScriptedForward(96, fail_when=lambda _: failing and len(forward.open_rows) > 1)
    engine = InProcessEngine(forward)
    for number in range(3):
        engine.submit(Request(f"old {number}", (1, number, 5), max_new=2))
    finish(engine)
    assert engine.retained_bytes > 0
    failing = True
    engine.submit(Request("a", (7, 8), max_new=3))
    out = finish(engine)
    assert of("a", out)[-1].end is End.LENGTH
    assert engine.counters.out_of_memory == 1
    assert engine.counters.put_back == 0


def test_the_newest_is_put_back_and_says_the_same_later() -> None:
    model = kind_named("scripted")
    forward = ScriptedForward(96, fail_when=spread_over(60))
    engine = InProcessEngine(forward, Limits(retained_bytes=0))
    requests = [Request(str(n), (1, 2, n), max_new=25, seed=n) for n in range(4)]
    for request in requests:
        engine.submit(request)
    out = finish(engine)
    assert engine.counters.put_back > 0
    assert next(step.id for step in out if step.end) == "0", "the oldest is never put back"
    for request in requests:
        assert tokens(out, request.id) == oracle.answer(model.plain, request)
        assert of(request.id, out)[-1].end is End.LENGTH
    assert forward.open_rows == set()


def test_a_run_that_is_alone_and_lacks_memory_fails_with_its_sentence() -> None:
    forward = ScriptedForward(96, fail_when=spread_over(20))
    engine = InProcessEngine(forward)
    engine.submit(Request("big", tuple(range(30)), max_new=5))
    engine.submit(Request("small", (1, 2), max_new=5))
    out = finish(engine)
    assert (of("big", out)[-1].end, of("big", out)[-1].message) == (End.FAILED, NO_MEMORY)
    assert of("small", out)[-1].end is End.LENGTH
    engine.submit(Request("grows", (1, 2), max_new=50))
    out = finish(engine)
    assert len(tokens(out)) == 19
    assert out[-1].end is End.FAILED


@pytest.mark.parametrize("layer", [0, 2])
@pytest.mark.parametrize("kind", ["packed", "sequential", "mamba", "bloom"])
@pytest.mark.parametrize("error", [torch.OutOfMemoryError("full"), MemoryError(), "cpu"], ids=repr)
def test_memory_that_runs_out_inside_the_model_spoils_no_row(
    kind: str, layer: int, error: BaseException | str
) -> None:
    model = kind_named(kind)
    engine = model.engine(Limits(prefill_tokens=8))
    network: Any = engine.forward
    blocks = next(m for m in network.model.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == 3)
    passes = 0

    def hook(*_: Any) -> None:
        nonlocal passes
        passes += 1
        if passes % 5 == 0 and passes < 60:
            raise (
                RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate memory")
                if isinstance(error, str)
                else error
            )

    handle = blocks[layer].register_forward_pre_hook(hook)
    try:
        requests = [Request(str(n), tuple(range(n, n + 12)), max_new=10, seed=n) for n in range(3)]
        for request in requests:
            engine.submit(request)
        out = finish(engine)
    finally:
        handle.remove()
    assert engine.counters.out_of_memory > 2
    survived = 0
    for request in requests:
        said = oracle.answer(model.plain, request)
        mine = tokens(out, request.id)
        assert mine == said[: len(mine)], "what was said is right up to the end"
        survived += of(request.id, out)[-1].end is End.LENGTH
    assert survived >= 2


def test_another_error_is_not_taken_for_memory() -> None:
    model = kind_named("packed")
    engine = model.engine()
    engine.submit(Request("a", (1, 2), max_new=1))
    network: Any = engine.forward
    handle = network.model.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(RuntimeError("broken")))
    try:
        with pytest.raises(RuntimeError, match="broken"):
            engine.steps()
    finally:
        handle.remove()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("predecessor", [False, True])
def test_a_run_whose_logits_are_no_numbers_fails_alone(value: float, predecessor: bool) -> None:
    plain = hashed_script(96)

    def script(text: list[int]) -> npt.NDArray[np.float32]:
        logits = plain(text)
        if BAD in text:
            logits[:] = value
        return logits

    engine = InProcessEngine(ScriptedForward(96, script=script))
    good = Request("good", (1, 2), max_new=8, seed=1)
    engine.submit(good)
    engine.submit(
        Request("bad", (3, 4), max_new=8, forced=(5, BAD, 6), top_p=0.9, predecessor_draw=predecessor)
    )
    engine.submit(Request("start", (BAD, 4), max_new=8, min_p=0.1))
    out = finish(engine)
    assert tokens(out, "good") == oracle.answer(kind_named("scripted").plain, good)
    for run, said in (("bad", [5, BAD]), ("start", [])):
        assert tokens(out, run) == said
        assert (of(run, out)[-1].end, of(run, out)[-1].message) == (End.FAILED, NOT_FINITE)


def test_single_impossible_tokens_are_no_failure() -> None:
    plain = hashed_script(96)

    def script(text: list[int]) -> npt.NDArray[np.float32]:
        logits = plain(text)
        logits[::2] = -np.inf
        logits[5:] = -np.inf
        return logits

    engine = InProcessEngine(ScriptedForward(96, script=script))
    for number, settings in enumerate(({}, {"top_p": 0.9}, {"min_p": 0.2}, {"predecessor_draw": True})):
        engine.submit(Request(str(number), (1, 2), max_new=20, forced=(4,), **settings))  # type: ignore[arg-type]
    out = finish(engine)
    assert all(step.end in (None, End.LENGTH) for step in out)
    assert set(tokens(s for s in out if s.origin.value == "sampled")) <= {1, 3}
    assert all(0 <= step.entropy <= 1 for step in out)
    forced = next(step for step in out if step.origin.value == "forced")
    assert (forced.logprob, forced.p) == (-np.inf, 0.0)


def _spoil(_module: Any, args: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
    return torch.where((args[0] == BAD)[..., None], torch.nan, output)


@pytest.mark.parametrize("ending", ["fails", "is cancelled in its prompt", "outgrows its place"])
@pytest.mark.parametrize("kind", ["llama", "gemma2", "mixtral", "gpt_oss"])
def test_nan_inside_the_model_leaves_nothing_behind(kind: str, ending: str) -> None:
    """It stands in the bad run's keys and values; whoever takes that place afterwards reads none of it."""
    found = next(architecture for architecture in ARCHITECTURES if architecture.kind == kind)
    roomy = Architecture(kind, found.settings | {"max_position_embeddings": 1024})
    network, clean = tiny(roomy), tiny(roomy)
    engine = build(network, Limits(prefill_tokens=90)).engine
    network.get_input_embeddings().register_forward_hook(_spoil)
    length = 300 if ending == "outgrows its place" else 120
    bad = [Request(f"bad {n}", (n, BAD, *[7] * length), max_new=5) for n in range(3)]
    for request in bad:
        engine.submit(request)
    out = engine.steps()
    if ending == "is cancelled in its prompt":
        for request in bad:
            engine.cancel(request.id)
    out += finish(engine)
    ends = {End.CANCELLED if "cancelled" in ending else End.FAILED}
    assert {step.end for step in out if step.id.startswith("bad")} == ends
    lengths = (6, 45, 9)  # a shorter one stands beside a longer one, its place padded
    requests = [Request(str(n), tuple(range(n, n + lengths[n])), max_new=8, seed=n + 40) for n in range(3)]
    for request in requests:
        engine.submit(request)
    out = finish(engine)
    alone = build(clean).engine
    for request in requests:
        alone.submit(request)
        expected = tokens(finish(alone))
        assert BAD not in expected, "choose another seed: it would spoil itself"
        assert tokens(out, request.id) == expected
        assert of(request.id, out)[-1].end is End.LENGTH


@pytest.mark.parametrize("kind", ["llama", "gemma2", "mixtral", "gpt_oss"])
def test_nan_inside_the_model_reaches_no_neighbour(kind: str) -> None:
    found = next(architecture for architecture in ARCHITECTURES if architecture.kind == kind)
    network, clean = tiny(found), tiny(found)
    engine = build(network, Limits(prefill_tokens=16)).engine
    network.get_input_embeddings().register_forward_hook(_spoil)
    lengths = (6, 45, 9)
    requests = [Request(str(n), tuple(range(n, n + lengths[n])), max_new=8, seed=n + 40) for n in range(3)]
    for number, request in enumerate(requests):
        engine.submit(Request(f"bad {number}", (*range(20), *[7] * number), max_new=9, forced=(1, 2, BAD, 4)))
        engine.submit(request)
    out = finish(engine)
    alone = build(clean).engine
    for request in requests:
        alone.submit(request)
        expected = tokens(finish(alone))
        assert BAD not in expected, "choose another seed: it would spoil itself"
        assert tokens(out, request.id) == expected


def test_a_prompt_that_makes_nan_lends_nothing_to_a_branch_while_it_is_read() -> None:
    network, clean = tiny(ARCHITECTURES[0]), tiny(ARCHITECTURES[0])
    engine = build(network, Limits(prefill_tokens=16)).engine
    network.get_input_embeddings().register_forward_hook(_spoil)
    beginning = tuple(range(20, 30))
    engine.submit(Request("bad", (*beginning, BAD, *[7] * 60), max_new=5))
    out = engine.steps()
    branch = Request("branch", (*beginning, 4), max_new=6, seed=3)
    engine.submit(branch)
    out += finish(engine)
    alone = build(clean).engine
    alone.submit(branch)
    assert tokens(out, "branch") == tokens(finish(alone))
    assert of("bad", out)[-1].end is End.FAILED
