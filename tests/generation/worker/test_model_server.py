"""A model that a server of its own computes, from the settings to the reader: the same as in this process."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from generation import engines, health
from generation.begin import Asking, begin
from generation.bus import Bus
from generation.engine.loading import ModelUnavailable
from generation.engine.remote.engine import NO_STATES
from generation.model_state import model_state
from generation.models import Run
from generation.protocol import Generate
from generation.remote import serve_remote
from generation.served import Options, Served, serve
from generation.worker import start
from guard import artifacts
from guard.evidence.architecture import Architecture
from guard.evidence.artifact import make, write
from guard.evidence.card import Belongs, Card
from guard.models import Artifact
from guard.policy.gate import UNANSWERED
from tests import patience
from tests.generation.engine.standin.http import Fault, StandIn
from tests.generation.engine.standin.over import standin_api
from tests.generation.saved import user
from tests.generation.worker.engines import Told, pause_until, told, working
from tests.generation.worker.guards import GUARD, for_everybody, verdicts
from tests.tiny import tiny_llama_dir

LAST_ALONE = "Layer 1 can't be read: the server gives the last one's states alone."
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama_dir(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture(params=["sglang", "vllm"])
def standin(request: pytest.FixtureRequest, model: Path) -> Iterator[StandIn]:
    one = StandIn(standin_api(str(request.param), model), "key")
    yield one
    one.close()


def options(model: Path, standin: StandIn) -> Options:
    return Options(str(model), url=standin.url, key="key")


@pytest.fixture
def there(model: Path, standin: StandIn) -> Iterator[Served]:
    one = serve_remote(options(model, standin))
    yield one
    one.close()


@pytest.fixture
def embedded(
    bus: Bus, settings: Settings, model: Path, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[start._Embedded]:
    settings.REDIS_URL = ""
    settings.SAFELENS_MODEL = str(model)
    settings.SAFELENS_ENGINE_URL = standin.url
    settings.SAFELENS_ENGINE_KEY = "key"
    one = start._Embedded()
    monkeypatch.setattr(start, "_embedded", one)
    yield one
    one.stop(0)
    if one._thread is not None:
        one._thread.join(patience.SECONDS)
        assert not one._thread.is_alive()


def asked(**settings: object) -> Run:
    given = {"seed": 3, "max_new_tokens": 8, **settings}
    return begin(Asking(user(), engines.offered()), Generate(prompt="Hi", settings=given))


def install(folder: Path, one: Served, layer: int) -> None:
    """A guard of this model that reads this layer."""
    assert one.home is not None
    width = one.home.width
    card = Card(
        name=GUARD,
        architecture=Architecture("linear", width, (), "identity", "none"),
        layers=(layer,),
        width=width,
        belongs=Belongs(one.home.name, one.home.fingerprint, one.home.layers),
        sha256="0" * 64,
        chat_template=one.home.chat_template,
    )
    weights = {"weight.0": np.cos(np.arange(width) * 2.0)[None], "bias.0": np.full(1, -1.0)}
    write(make(card, weights), folder / "guard")
    artifacts.register(folder / "guard")


def said(bus: Bus, one: Served, **settings: object) -> Told:
    with working(bus, one):
        return told(asked(**settings))


def test_all_about_the_model_but_its_weights_is_as_in_this_process(there: Served, model: Path) -> None:
    here = serve(Options(str(model), threads=1))
    assert (there.name, there.fingerprint, there.home) == (here.name, here.fingerprint, here.home)
    assert there.ends == here.ends
    assert [there.pieces.visible(token) for token in range(420)] == [
        here.pieces.visible(token) for token in range(420)
    ]
    assert "The model is computed by" in there.notices[0]


def test_its_answers_are_those_of_the_engine_in_this_process(
    bus: Bus, settings: Settings, there: Served, model: Path
) -> None:
    settings.SAFELENS_MODEL = str(model)
    for more in ({}, {"prefix": "It is"}, {"temperature": 0.7, "top_p": 0.9, "max_new_tokens": 20}):
        mine = said(bus, serve(Options(str(model), threads=1)), **more)
        other = said(bus, replace(there, close=lambda: None), **more)
        assert other.ids == mine.ids
        assert other.text == mine.text
        assert [step.top for step in other.steps] == [step.top for step in mine.steps]
        assert other.finished.reason == mine.finished.reason


def test_without_its_weights_here_it_serves_but_no_guard_fits(
    standin: StandIn, model: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "tiny-llama"
    shutil.copytree(model, bare, ignore=shutil.ignore_patterns("*.safetensors"))
    one, again = (serve_remote(options(bare, standin)) for _ in range(2))
    whole = serve_remote(options(model, standin))
    assert one.fingerprint == again.fingerprint != whole.fingerprint
    assert one.home is not None
    assert any("No guard can read along" in notice for notice in one.notices)
    for each in (one, again, whole):
        each.close()


def test_a_server_of_another_model_is_refused(standin: StandIn, tmp_path: Path) -> None:
    other = tiny_llama_dir(tmp_path / "tiny-llama", kind="sentencepiece")
    with pytest.raises(ModelUnavailable, match="has another tokenizer"):
        serve_remote(options(other, standin))
    elsewhere = tiny_llama_dir(tmp_path / "other")
    with pytest.raises(ModelUnavailable, match=r"computes .*tiny-llama, not .*other"):
        serve_remote(options(elsewhere, standin))
    assert not any(thread.name == "courier" for thread in threading.enumerate())


def test_a_site_in_one_process_asks_its_server(embedded: start._Embedded, standin: StandIn) -> None:
    assert engines.can_answer()
    run = asked()
    start.ensure_embedded()
    answer = told(run)
    assert answer.finished.reason in ("length", "eos")
    assert len(standin.questions) >= len(answer.ids)


def test_a_server_that_is_away_is_told_and_waited_for(
    embedded: start._Embedded, standin: StandIn, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever asks for the health, on the page, and by the runs."""
    monkeypatch.setattr("generation.runs.BEAT", 0.02)
    monkeypatch.setattr("generation.engine.remote.courier.PING", 0.05)
    start.ensure_embedded()
    pause_until(lambda: any(one.loaded for one in bus.engines()))
    assert model_state() == "ready"
    standin.close()
    pause_until(lambda: not any(one.loaded for one in bus.engines()))
    assert not engines.can_answer()
    assert asyncio.run(health._engine_answers()) is False
    assert model_state() == "the model's server doesn't answer"
    run = asked()
    start.ensure_embedded()
    back = StandIn(standin.api, "key", standin.port)
    try:
        assert told(run).finished.reason in ("length", "eos")
        pause_until(lambda: any(one.loaded for one in bus.engines()))
        assert engines.can_answer()
    finally:
        back.close()


@pytest.mark.once
def test_a_site_whose_server_isnt_there_yet_is_not_ready(
    settings: Settings, embedded: start._Embedded, standin: StandIn
) -> None:
    standin.close()
    assert not engines.can_answer()
    settings.SAFELENS_ENGINE_URL = "http://127.0.0.1:1"
    assert not start.can_start()
    settings.SAFELENS_ENGINE_URL = ""
    assert start.can_start()


def test_the_command_line_asks_it_too(settings: Settings, model: Path, standin: StandIn) -> None:
    def told_by(**more: Any) -> list[Any]:
        out = io.StringIO()
        call_command(
            "generate",
            "Water it",
            json=True,
            seed=4,
            max_new_tokens=6,
            stdout=out,
            stderr=io.StringIO(),
            **more,
        )
        return [json.loads(line) for line in out.getvalue().splitlines()]

    def tokens(messages: list[Any]) -> list[int]:
        return [step["id"] for one in messages if one["type"] == "steps" for step in one["steps"]]

    settings.SAFELENS_MODEL = str(model)
    settings.SAFELENS_ENGINE_URL, settings.SAFELENS_ENGINE_KEY = standin.url, "key"
    asked_before = len(standin.questions)
    there = tokens(told_by())
    assert len(standin.questions) > asked_before
    asked_before = len(standin.questions)
    assert tokens(told_by(model=str(model))) == there, "a model that is named is computed here"
    assert len(standin.questions) == asked_before
    settings.SAFELENS_ENGINE_KEY = "another"
    with pytest.raises(CommandError, match="asks for another key"):
        told_by()


@pytest.mark.parametrize("layer", [2, 1])
def test_a_guard_judges_by_the_last_layer_or_not_at_all(
    bus: Bus,
    settings: Settings,
    standin: StandIn,
    there: Served,
    model: Path,
    tmp_path: Path,
    layer: int,
) -> None:
    """With vLLM, and by any other layer, a run that must be judged ends before it begins."""
    settings.SAFELENS_MODEL = str(model)
    install(tmp_path, there, layer)
    for_everybody(rule={"kind": "consecutive", "k": 1}, hold=2)
    answer = said(bus, replace(there, close=lambda: None))
    if standin.api.path == "/generate" and layer == 2:
        mine = said(bus, serve(Options(str(model), threads=1)))
        assert answer.ids == mine.ids
        assert len(answer.ids) > 3
        assert [one.score for one in verdicts(answer)] == pytest.approx(
            [one.score for one in verdicts(mine)], abs=1e-4
        )
        return
    assert (str(answer.finished.reason), answer.finished.message, answer.ids) == ("failed", UNANSWERED, [])
    assert Artifact.objects.get().problem in (NO_STATES, LAST_ALONE)


def test_states_that_cant_be_trusted_let_nothing_through(
    bus: Bus, settings: Settings, model: Path, tmp_path: Path
) -> None:
    """The server mixes them up from the third question on; what left before was judged rightly."""
    settings.SAFELENS_MODEL = str(model)
    standin = StandIn(standin_api("sglang", model))
    one = serve_remote(Options(str(model), url=standin.url))
    install(tmp_path, one, 2)
    for_everybody(evidence=[{"name": GUARD, "threshold": 0.99}], hold=0)

    def mixed(said: Any) -> Any:
        said["meta_info"]["hidden_states"][0] = [
            [-number for number in row] for row in said["meta_info"]["hidden_states"][0]
        ]
        return said

    standin.plan(lambda number, _: Fault(change=mixed) if number >= 2 else None)
    answer = said(bus, one)
    assert str(answer.finished.reason) == "failed"
    assert len(answer.ids) <= 2
    standin.close()
