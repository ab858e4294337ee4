"""A server is used only if it computes the configured model; why not is one sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from generation.engine.loading import ModelUnavailable
from generation.engine.loading.checkpoint import find_weights
from generation.engine.remote import Courier, Expected, Server, connect
from generation.engine.remote.failures import Broken
from generation.engine.remote.told import Question
from generation.engine.remote.witness import Witness, witness_of
from tests.generation.engine.architectures import ARCHITECTURES, Architecture, llama, tiny
from tests.generation.engine.remotes import (
    DIALECTS,
    NAME,
    POSITIONS,
    api,
    asking,
    expected,
    rows,
    standing,
)
from tests.generation.engine.standin.brain import Brain
from tests.generation.engine.standin.http import Fault, StandIn
from tests.generation.engine.standin.sglang import SglangApi
from tests.generation.engine.standin.vllm import VllmApi


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def never(_: float) -> None:
    raise AssertionError("it waits")


def connected(standin: StandIn, wanted: Expected | None = None, key: str = "") -> Server:
    return connect(asking(standin, key), wanted or expected(), never)


def refused(standin: StandIn, sentence: str, wanted: Expected | None = None, key: str = "") -> None:
    with pytest.raises(ModelUnavailable, match=sentence) as refusal:
        connected(standin, wanted, key)
    told = str(refusal.value)
    assert told.endswith(".")
    assert "\n" not in told
    assert len(told) < 400


def test_it_finds_out_what_it_speaks(dialect: str) -> None:
    server = connected(standing(api(dialect)))
    assert server.dialect.name == {"vllm": "vLLM", "sglang": "SGLang"}[dialect]
    assert server.most_tokens == POSITIONS - 1
    assert server.trouble == ""
    if dialect == "sglang":
        assert (server.layers, server.notices) == (frozenset({-1, 3}), ())
    else:
        assert server.layers == frozenset()
        assert server.notices == (
            "No guard can read along with the model's server: vLLM gives no hidden states.",
        )


def test_it_waits_for_a_server_that_isnt_there_yet(dialect: str) -> None:
    before = standing(api(dialect))
    before.close()
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            standing(api(dialect), port=before.port)

    assert connect(asking(before), expected(), wait).most_tokens == POSITIONS - 1
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_it_waits_for_one_that_goes_away_while_it_is_tried(dialect: str) -> None:
    standin = standing(api(dialect))
    standin.plan(lambda number, _: Fault(status=503) if number == 1 else None)
    pauses: list[float] = []
    connect(asking(standin), expected(), pauses.append)
    assert pauses == [1.0]


def test_a_key_is_shown_and_asked_for(dialect: str) -> None:
    standin = standing(api(dialect), "open sesame")
    assert connected(standin, key="open sesame").most_tokens
    refused(standin, "asks for another key: set SAFELENS_ENGINE_KEY", key="open barley")
    refused(standin, "asks for another key: set SAFELENS_ENGINE_KEY")


def test_an_address_as_openais_clients_are_given_it_will_do(dialect: str) -> None:
    standin = standing(api(dialect))
    courier = Courier(f"{standin.url}/v1")
    try:
        assert connect(courier, expected(), never).most_tokens
    finally:
        courier.close()


def test_a_password_in_the_address_is_never_repeated() -> None:
    courier = Courier("http://ann:secret@127.0.0.1:1/")
    assert courier.url == "http://127.0.0.1:1/"
    courier.close()


@pytest.mark.parametrize("served", ["other/model", "tiny/llama-2", "/models/other", "llama"])
def test_another_model_is_refused(dialect: str, served: str) -> None:
    made = api(dialect)
    made.model = served
    refused(standing(made), rf"computes {served}, not tiny/llama: set SAFELENS_MODEL to what it computes")


@pytest.mark.parametrize(
    ("model", "served"),
    [
        ("tiny/llama", "Tiny/Llama"),
        ("tiny/llama", "/root/.cache/huggingface/hub/models--tiny--llama/snapshots/0123"),
        ("/srv/models/llama", "/mnt/elsewhere/llama"),
        ("/srv/models/llama", "llama"),
    ],
)
def test_the_same_model_under_another_path_is_not(dialect: str, model: str, served: str) -> None:
    made = api(dialect)
    made.model = served
    assert connected(standing(made), expected(model=model)).most_tokens


@dataclass
class _Other:
    """Something else that listens there."""

    said: Any
    status: int = 200
    path: str = "/v1/completions"

    def get(self, _: str) -> tuple[int, Any]:
        return self.status, self.said

    def post(self, _path: str, _asked: Any) -> tuple[int, Any]:
        return self.status, self.said


@pytest.mark.parametrize("said", [{}, [], None, {"data": [{}]}, {"data": 3}, {"data": [{"id": 5}]}, "hello"])
def test_something_else_is_told_apart(said: Any) -> None:
    refused(standing(_Other(said)), r"neither SGLang nor vLLM|computes no model")  # type: ignore[arg-type]


def test_a_site_without_such_a_page_is_told_apart() -> None:
    refused(standing(_Other({"detail": "Not Found"}, 404)), "neither SGLang nor vLLM")  # type: ignore[arg-type]


def test_one_that_doesnt_say_how_long_a_text_may_be_is_refused(dialect: str) -> None:
    made = api(dialect)
    made.brain.most = None  # type: ignore[assignment]
    refused(standing(made), "doesn't tell how long a text may be")


class _Tokenizer:
    def __init__(self, tokens: list[int]) -> None:
        self.tokens = tokens

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        assert (text, add_special_tokens) == ("Once upon a time", False)
        return {"input_ids": self.tokens}


def test_another_tokenizer_is_refused(dialect: str) -> None:
    made = api(dialect, tokenizer=_Tokenizer([5, 17, 40, 8, 61]))
    assert connected(standing(made)).most_tokens
    made.tokenizer = _Tokenizer([5, 17, 40, 8, 62])
    refused(standing(made), "has another tokenizer than tiny/llama")


def test_a_larger_vocabulary_is_refused(dialect: str) -> None:
    refused(
        standing(api(dialect)), "tokens that this model doesn't have", expected(vocabulary=70, tokens=(5, 9))
    )


def test_one_that_tells_too_little_is_refused() -> None:
    refused(standing(api("vllm", max_logprobs=20)), "start vLLM with --max-logprobs 64 or more")


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_one_that_computes_no_numbers_is_refused(dialect: str, value: float) -> None:
    made = api(dialect)
    made.brain.spoil = lambda _, logits: logits * 0 + value
    refused(standing(made), "computes no numbers")


def test_one_that_contradicts_itself_is_refused(dialect: str) -> None:
    """As one would that tells log-probabilities at another temperature, of a prompt alone."""
    made = api(dialect)

    def spoil(text: list[int], logits: torch.Tensor) -> torch.Tensor:
        return logits * (1 if len(text) == 1 else 0.5)

    made.brain.spoil = spoil
    refused(standing(made), "contradicts itself")


def test_one_that_answers_nonsense_is_refused(dialect: str) -> None:
    standin = standing(api(dialect))
    standin.plan(lambda *_: Fault(body=b"{}"))
    refused(standin, "can't be used: an answer that can't be read")
    standin.plan(lambda *_: Fault(status=400))
    refused(standin, "can't be used: status 400")


def told(server: Server) -> str:
    (notice,) = server.notices
    assert server.layers == frozenset()
    return notice


def test_states_that_arent_given_or_cant_be_trusted_are_not_read() -> None:
    assert "--enable-return-hidden-states" in told(connected(standing(api("sglang", hidden=False))))
    assert "aren't on this machine" in told(connected(standing(api("sglang")), expected(witness=None)))
    other = torch.randn(96, 32, generator=torch.Generator().manual_seed(3)).numpy()
    stranger = Witness(lambda ids: other[list(ids)])
    assert "doesn't explain" in told(connected(standing(api("sglang")), expected(witness=stranger)))
    standin = standing(api("sglang"))

    def without(said: Any) -> Any:
        del said["meta_info"]["hidden_states"]
        return said

    standin.plan(lambda _, asked: Fault(change=without) if asked.get("return_hidden_states") else None)
    assert "no hidden states" in told(connected(standin))


def test_states_of_another_width_are_another_models() -> None:
    refused(standing(api("sglang")), "states are of another width", expected(width=64))


@pytest.mark.parametrize("kind", ["llama", "gpt2", "qwen2", "gemma", "opt"])
def test_a_witness_reads_the_output_matrix_from_the_models_files(kind: str, tmp_path: Path) -> None:
    """Tied to the embeddings or not."""
    found = next(one for one in ARCHITECTURES if one.kind == kind)
    for tied in (False, True):
        model = tiny(Architecture(kind, found.settings | {"tie_word_embeddings": tied}))
        folder = tmp_path / str(tied)
        model.save_pretrained(folder)
        witness = witness_of(model.config, find_weights(folder, "tiny"))
        assert witness is not None
        brain = Brain(model, 256)
        made = SglangApi(brain, NAME)
        server = connected(standing(made), expected(witness=witness))
        assert server.layers == frozenset({-1, 3})


def test_a_witness_without_a_matrix_is_none(tmp_path: Path) -> None:
    model = tiny(next(one for one in ARCHITECTURES if one.kind == "phi"))  # its head has a bias
    model.save_pretrained(tmp_path)
    assert witness_of(model.config, find_weights(tmp_path, "tiny")) is None
    assert witness_of(llama().config, []) is None


def test_a_witness_knows_a_state_from_its_neighbours() -> None:
    server = connected(standing(api("sglang")))
    tokens = [5, 17, 40, 8, 61, 9, 33]
    asked = server.ask(Question(tokens, 1, hidden=True))
    asked.future.result()
    lines = asked.answer().lines
    assert len(lines) == 7
    witness = Witness(rows)
    for number, line in enumerate(lines):
        witness.examine(line)
        for other in lines[:number]:
            swapped = type(line)(line.ids, line.logprobs, hidden=other.hidden)
            with pytest.raises(Broken, match="doesn't explain"):
                witness.examine(swapped)


def test_an_adapter_is_not_the_model() -> None:
    made = api("vllm")
    assert isinstance(made, VllmApi)
    server = connected(standing(made))
    assert server.dialect.body(Question([5], 1))["model"] == NAME
