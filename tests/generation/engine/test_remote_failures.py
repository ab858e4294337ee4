"""Whatever happens to a question, no wrong step comes of it, and nobody else notices."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch

from generation.engine import End, Request, Step
from generation.engine.inprocess import NOT_FINITE
from generation.engine.probes import Probe, ProbeBank
from generation.engine.remote import RemoteEngine, connect
from generation.engine.remote.retries import NO_ANSWER, NO_SENSE, TRIES
from tests.generation.engine.driving import finish, of, tokens
from tests.generation.engine.remote_kinds import TOGETHER
from tests.generation.engine.remotes import DIALECTS, Remote, api, asking, expected, remote, shared, standing
from tests.generation.engine.standin.http import Fault
from tests.generation.engine.test_contract_probes import Sum

CONTEXT = (5, 9, 17, 3, 40)
BAD = 77  # a token of the runs that things happen to
MOST = 100_000  # turns: a run may have to wait


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Ticking:
    """A clock that goes on whenever it is looked at, so that no pause takes any time."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 0.05
        return self._now


def engine_of(one: Remote, **more: Any) -> RemoteEngine:
    settings: dict[str, Any] = {"straggling": TOGETHER, "clock": Ticking()}
    return RemoteEngine(one.server, **settings | more)


def requests() -> list[Request]:
    return [Request(str(n), (*CONTEXT, n), max_new=4, seed=n, forced=(7, 8)[:n]) for n in range(3)]


def texts(steps: list[Step]) -> dict[str, list[int]]:
    return {request.id: tokens(steps, request.id) for request in requests()}


def undisturbed(dialect: str) -> dict[str, list[int]]:
    engine = RemoteEngine(shared(dialect).server, straggling=TOGETHER)
    for request in requests():
        engine.submit(request)
    return texts(finish(engine))


def prompt(asked: Any) -> list[int]:
    found: list[int] = asked.get("prompt") or asked.get("input_ids")
    return found


EVERYWHERE = range(12)  # the questions of an undisturbed play
PASSING = {
    "gone": Fault(gone=True),
    "half": Fault(half=True),
    "unavailable": Fault(status=503),
    "internal": Fault(status=500),
    "nonsense": Fault(body=b"I'm a teapot"),
}
ALIKE = {
    "overrun": Fault(status=429),
    "bad gateway": Fault(status=502, body=b"<html>Bad Gateway</html>"),
    "empty": Fault(body=b""),
    "a list": Fault(body=b"[]"),
    "null": Fault(body=b"null"),
    "cut": Fault(body=b'{"choices": [{"logprobs": '),
    "deep": Fault(body=b"[" * 100_000),
}


@pytest.mark.parametrize("name", PASSING | ALIKE)
def test_what_passes_changes_nothing_at_whatever_question_it_comes(dialect: str, name: str) -> None:
    one, fault = remote(dialect), (PASSING | ALIKE)[name]
    expected_texts = undisturbed(dialect)
    for place in EVERYWHERE if name in PASSING else (1, 10):
        one.standin.plan(lambda number, _, place=place: fault if number == place else None)  # type: ignore[misc]
        engine = engine_of(one)
        for request in requests():
            engine.submit(request)
        steps = finish(engine, MOST)
        assert texts(steps) == expected_texts, place
        assert [step.end for step in steps if step.end] == [End.LENGTH] * 3
        assert len(one.standin.questions) == 13, "one was asked twice"


LASTING = {
    "refused": (Fault(status=400), NO_SENSE, 1),
    "unknown": (Fault(status=404), NO_SENSE, 1),
    "internal": (Fault(status=500), NO_SENSE, TRIES),
    "nonsense": (Fault(body=b"I'm a teapot"), NO_SENSE, TRIES),
    "away": (Fault(status=503), NO_ANSWER, 0),
    "gone": (Fault(gone=True), NO_ANSWER, 0),
}


@pytest.mark.parametrize("name", LASTING)
@pytest.mark.parametrize("place", [0, 2])
def test_what_lasts_ends_its_run_alone(dialect: str, name: str, place: int) -> None:
    one, (fault, sentence, asked) = remote(dialect), LASTING[name]
    length = len(CONTEXT) + 1 + place

    def plan(_: int, question: Any) -> Fault | None:
        return fault if BAD in prompt(question) and len(prompt(question)) >= length else None

    one.standin.plan(plan)
    engine = engine_of(one)
    for request in requests():
        engine.submit(request)
    engine.submit(Request("bad", (*CONTEXT, BAD), max_new=6))
    steps = finish(engine, MOST)
    assert texts(steps) == undisturbed(dialect)
    assert len(tokens(steps, "bad")) == place
    closing = of("bad", steps)[-1]
    assert (closing.end, closing.message, closing.position) == (End.FAILED, sentence, length)
    times = sum(
        BAD in prompt(question) and len(prompt(question)) >= length for question in one.standin.questions
    )
    assert times == asked or (asked == 0 and times > TRIES)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_run_whose_numbers_are_none_fails_alone(dialect: str, value: float) -> None:
    one = remote(dialect)

    def spoil(text: list[int], logits: torch.Tensor) -> torch.Tensor:
        places = [at for at in range(len(text)) if BAD in text[: at + 1]]
        logits[places] = value
        return logits

    one.standin.api.brain.spoil = spoil
    engine = engine_of(one)
    for request in requests():
        engine.submit(request)
    engine.submit(Request("bad", CONTEXT, max_new=8, forced=(6, BAD, 7)))
    steps = finish(engine, MOST)
    assert texts(steps) == undisturbed(dialect)
    assert not of("bad", steps)[:-1] or tokens(steps, "bad") == [6, BAD]
    assert (of("bad", steps)[-1].end, of("bad", steps)[-1].message) == (End.FAILED, NOT_FINITE)


def _set(said: Any, value: Any, *path: Any) -> Any:
    said = copy.deepcopy(said)
    place = said
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return said


OUT = ("meta_info", "output_top_logprobs", 0)
TOP = ("choices", 0, "logprobs", "top_logprobs", 0)
LIES: dict[str, dict[str, Callable[[Any], Any]]] = {
    "sglang": {
        "another prompt": lambda said: _set(said, 3, "meta_info", "prompt_tokens"),
        "given up": lambda said: _set(said, {"type": "abort"}, "meta_info", "finish_reason"),
        "too few": lambda said: _set(said, [[-1.0, 5, None]], *OUT),
        "an unknown token": lambda said: _set(said, 96, *OUT, 3, 1),
        "a negative token": lambda said: _set(said, -1, *OUT, 3, 1),
        "one twice": lambda said: _set(said, said["meta_info"]["output_top_logprobs"][0][0][1], *OUT, 3, 1),
        "more than certain": lambda said: _set(said, 0.0, *OUT, 3, 0),
        "words": lambda said: _set(said, "likely", *OUT, 3, 0),
        "two positions": lambda said: _set(
            said, 2 * said["meta_info"]["output_top_logprobs"], "meta_info", "output_top_logprobs"
        ),
        "none at all": lambda said: _set(said, None, "meta_info", "output_top_logprobs"),
    },
    "vllm": {
        "another prompt": lambda said: _set(said, 3, "usage", "prompt_tokens"),
        "two choices": lambda said: _set(said, 2 * said["choices"], "choices"),
        "too few": lambda said: _set(said, {"token_id:5": -1.0}, *TOP),
        "an unknown token": lambda said: _set(said, -9.0, *TOP, "token_id:96"),
        "a text for a token": lambda said: _set(said, -9.0, *TOP, " the"),
        "more than certain": lambda said: _set(said, 0.5, *TOP, "token_id:5"),
        "words": lambda said: _set(said, "likely", *TOP, "token_id:5"),
        "none at all": lambda said: _set(said, None, "choices", 0, "logprobs"),
    },
}


@pytest.mark.parametrize(("dialect", "lie"), [(one, lie) for one in DIALECTS for lie in LIES[one]])
def test_no_answer_is_believed_that_cant_be_true(dialect: str, lie: str) -> None:
    one = remote(dialect)
    fault = Fault(change=LIES[dialect][lie])
    one.standin.plan(lambda _, question: fault if BAD in prompt(question) else None)
    engine = engine_of(one)
    for request in requests():
        engine.submit(request)
    engine.submit(Request("bad", (*CONTEXT, BAD), max_new=6))
    steps = finish(engine, MOST)
    assert texts(steps) == undisturbed(dialect)
    (closing,) = of("bad", steps)
    assert (closing.end, closing.message) == (End.FAILED, NO_SENSE)


FORCED_LIES: dict[str, dict[str, Callable[[Any], Any]]] = {
    "sglang": {
        "too long": lambda said: _set(
            said, 2 * said["meta_info"]["input_top_logprobs"], "meta_info", "input_top_logprobs"
        ),
        "none": lambda said: _set(said, None, "meta_info", "input_token_logprobs"),
    },
    "vllm": {
        "too short": lambda said: _set(
            said, said["choices"][0]["prompt_logprobs"][:-1], "choices", 0, "prompt_logprobs"
        ),
        "not its token": lambda said: _set(said, {}, "choices", 0, "prompt_logprobs", 6),
        "none": lambda said: _set(said, None, "choices", 0, "prompt_logprobs"),
    },
}


@pytest.mark.parametrize(("dialect", "lie"), [(one, lie) for one in DIALECTS for lie in FORCED_LIES[one]])
def test_nor_one_about_what_is_forced(dialect: str, lie: str) -> None:
    one = remote(dialect)
    one.standin.plan(lambda *_: Fault(change=FORCED_LIES[dialect][lie]))
    engine = engine_of(one)
    engine.submit(Request("bad", CONTEXT, max_new=6, forced=(7, 8, 9)))
    (closing,) = finish(engine, MOST)
    assert (closing.end, closing.message) == (End.FAILED, NO_SENSE)


def test_a_question_that_takes_too_long_is_asked_again(dialect: str) -> None:
    standin = standing(api(dialect))
    server = connect(asking(standin, deadline=60.0), expected())
    one = Remote(standin, connect(asking(standin, deadline=0.3), expected()))
    never = threading.Event()
    one.standin.plan(lambda number, _: Fault(until=never) if number == 1 else None)
    engine = engine_of(one)
    engine.submit(Request("a", CONTEXT, max_new=3))
    said = tokens(finish(engine, MOST))
    one.standin.plan(None)
    patient = RemoteEngine(server, straggling=TOGETHER)
    patient.submit(Request("a", CONTEXT, max_new=3))
    assert tokens(finish(patient, MOST)) == said
    assert standin.withdrawn == 1, "the server was told that nobody waits any more"


def test_a_cancel_in_mid_question_takes_effect_at_once_and_withdraws_it(dialect: str) -> None:
    one = remote(dialect)
    asked, never = threading.Event(), threading.Event()

    def plan(number: int, question: Any) -> Fault | None:
        if BAD not in prompt(question) or len(prompt(question)) < 8:
            return None
        asked.set()
        return Fault(until=never)

    one.standin.plan(plan)
    engine = engine_of(one, straggling=0.01)
    engine.submit(Request("bad", (*CONTEXT, BAD), max_new=9))
    other = requests()[0]
    engine.submit(other)
    out: list[Step] = []
    while not asked.is_set() or tokens(out, "0") == []:
        out += engine.steps()
    engine.cancel("bad")
    assert engine.pause == 0
    out += engine.steps()
    assert (of("bad", out)[-1].end, of("bad", out)[-1].position) == (End.CANCELLED, 8)
    out += finish(engine, MOST)
    assert tokens(out, "0") == undisturbed(dialect)["0"]
    while not one.standin.withdrawn:
        time.sleep(0)
    engine.submit(Request("bad", CONTEXT, max_new=1))  # the id is free again, and no old answer reaches it
    assert finish(engine, MOST)[-1].end is End.LENGTH


def test_a_waiting_cancel_wakes_the_engine(dialect: str) -> None:
    one = remote(dialect)
    asked, never = threading.Event(), threading.Event()

    def plan(*_: Any) -> Fault:
        asked.set()
        return Fault(until=never)

    one.standin.plan(plan)
    engine = engine_of(one)
    engine.submit(Request("a", CONTEXT))

    def cancel() -> None:
        asked.wait(60)
        engine.cancel("a")

    canceller = threading.Thread(target=cancel)
    canceller.start()
    (closing,) = finish(engine, MOST)
    canceller.join()
    assert closing.end is End.CANCELLED


def test_runs_wait_for_a_server_that_went_away_and_go_on(dialect: str) -> None:
    first = standing(api(dialect))
    one = Remote(first, connect(asking(first), expected()))
    engine = engine_of(one, patience=1e9)
    for request in requests():
        engine.submit(request)
    out = engine.steps()
    first.close()
    while not engine.trouble:
        out += engine.steps()
    assert engine.trouble == "the model's server doesn't answer"
    for _ in range(5):
        out += engine.steps()
    assert not any(step.end for step in out)
    standing(api(dialect), port=first.port)
    out += finish(engine, MOST)
    assert engine.trouble == ""
    assert texts(out) == undisturbed(dialect)


def test_another_model_behind_the_same_address_is_asked_nothing(dialect: str) -> None:
    """Swapped while nobody looked; runs wait for the right one, and the health says why."""
    first = standing(api(dialect))
    engine = RemoteEngine(
        connect(asking(first), expected()), straggling=TOGETHER, clock=Ticking(), patience=1e9
    )
    for request in requests():
        engine.submit(request)
    out = engine.steps()
    first.close()
    other = api(dialect)
    other.model = "another/model"
    swapped = standing(other, port=first.port)
    while engine.trouble != "the model's server computes another model":
        out += engine.steps()
    for _ in range(5):
        out += engine.steps()
    assert not any(step.end for step in out)
    assert swapped.questions == []
    swapped.close()
    standing(api(dialect), port=first.port)
    out += finish(engine, MOST)
    assert engine.trouble == ""
    assert texts(out) == undisturbed(dialect)


def test_an_idle_engine_knows_whether_its_server_lives(dialect: str) -> None:
    first = standing(api(dialect))
    server = connect(asking(first, ping=0.02), expected())
    engine = RemoteEngine(server)
    first.close()
    while not engine.trouble:
        time.sleep(0.001)
    standing(api(dialect), port=first.port)
    while engine.trouble:
        time.sleep(0.001)
    assert engine.pause is None
    engine.close()
    engine.close()


def test_whoever_waits_when_the_engine_closes_is_let_go(dialect: str) -> None:
    one = remote(dialect)
    never = threading.Event()
    one.standin.plan(lambda *_: Fault(until=never))
    engine = engine_of(one)
    engine.submit(Request("a", CONTEXT))
    engine.steps()
    engine.close()
    while not one.standin.withdrawn:
        time.sleep(0)


def judged(one: Remote) -> RemoteEngine:
    return engine_of(one, probes=ProbeBank((Probe("mood", Sum(), (-1,)),)))


ROWS = ("meta_info", "hidden_states", 0)
STATES: dict[str, Callable[[Any], Any]] = {
    "none": lambda said: _set(said, None, "meta_info", "hidden_states"),
    "no rows": lambda said: _set(said, [], *ROWS),
    "too many rows": lambda said: _set(said, 30 * said["meta_info"]["hidden_states"][0], *ROWS),
    "another's": lambda said: _set(said, [[1.0] * 32], *ROWS),
    "another's, but near": lambda said: _set(
        said, [[1.5 * number for number in row] for row in said["meta_info"]["hidden_states"][0]], *ROWS
    ),
    "too narrow": lambda said: _set(said, [[1.0] * 31], *ROWS),
    "words": lambda said: _set(said, [["warm"] * 32], *ROWS),
}


@pytest.mark.parametrize("lie", STATES)
def test_no_state_is_believed_that_doesnt_explain_what_came_with_it(lie: str) -> None:
    """Else a guard would judge another's text, as with SGLang before summer 2026."""
    one = remote("sglang")
    fault = Fault(change=STATES[lie])
    one.standin.plan(lambda _, question: fault if question.get("return_hidden_states") else None)
    engine = judged(one)
    engine.submit(Request("a", CONTEXT, max_new=5, probes=("mood",)))
    for request in requests():
        engine.submit(request)
    steps = finish(engine, MOST)
    assert texts(steps) == undisturbed("sglang")
    (closing,) = of("a", steps)
    assert (closing.end, closing.message, closing.scores) == (End.FAILED, NO_SENSE, {})


def test_a_state_that_is_no_number_ends_its_run() -> None:
    one = remote("sglang")
    nan = Fault(change=lambda said: _set(said, [[None] * 32], *ROWS))
    one.standin.plan(lambda *_: nan)
    engine = judged(one)
    engine.submit(Request("a", CONTEXT, max_new=5, probes=("mood",)))
    (closing,) = finish(engine, MOST)
    assert (closing.end, closing.message) == (End.FAILED, NOT_FINITE)


def test_a_server_that_mixes_up_states_lets_nobody_be_judged_by_them() -> None:
    one = remote("sglang", mixes_up=True)
    engine = judged(one)
    for number in range(6):
        engine.submit(
            Request(str(number), (*CONTEXT, number + 20), max_new=12, probes=("mood",), seed=number)
        )
    steps = finish(engine, MOST)
    ends = [step.end for step in steps if step.end]
    assert End.FAILED in ends
    alone = judged(shared("sglang"))
    for number in range(6):
        alone.submit(Request(str(number), (*CONTEXT, number + 20), max_new=12, probes=("mood",), seed=number))
    right = {(step.id, step.position): step for step in finish(alone, MOST)}
    for step in steps:
        if step.end is not End.FAILED:
            assert step.scores == pytest.approx(right[step.id, step.position].scores, abs=1e-5)
