"""From an address to a server that is known to compute the configured model, or one sentence why not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np

from generation.engine.loading.unavailable import Kind, ModelUnavailable
from generation.engine.remote.courier import Courier
from generation.engine.remote.dialect import Dialect
from generation.engine.remote.failures import Away, Broken, Failure, NotFinite, Refused
from generation.engine.remote.identity import Identity
from generation.engine.remote.server import Server
from generation.engine.remote.sglang import Sglang
from generation.engine.remote.told import WIDTH, Answer, Question
from generation.engine.remote.vllm import Vllm
from generation.engine.remote.witness import Witness

AGAIN = 1.0  # seconds before a server that isn't there yet is asked again; then twice as many, …
AGAIN_AT_MOST = 10.0
APART = 0.5  # nats by which a favourite's log-probability may differ, read as a prompt or as what follows one

_ABOUT = ("/get_model_info", "/model_info")  # SGLang's own page, by its older and its newer name

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the server must compute: the configured model, as its tokenizer and config.json here tell."""

    model: str  # as configured: a name on the hub, or a directory
    vocabulary: int
    width: int  # of a hidden state
    layers: int
    text: str  # a sentence to try it with …
    tokens: tuple[int, ...]  # … and what the tokenizer here makes of it, without special tokens
    witness: Witness | None = None


def connect(courier: Courier, expected: Expected, wait: Callable[[float], object] = time.sleep) -> Server:
    """Waits for a server that doesn't answer yet: a large model takes minutes to load. Raises
    ModelUnavailable with one sentence for a server that will never do."""
    pause = AGAIN
    while True:
        try:
            return _connect(courier, expected)
        except Away:
            wait(pause)
            pause = min(2 * pause, AGAIN_AT_MOST)
        except (Failure, KeyError, TypeError, ValueError, AttributeError) as problem:
            raise _unfit(f"The model's server at {courier.url} can't be used: {problem}.") from problem


def _connect(courier: Courier, expected: Expected) -> Server:
    cards = _models(courier)
    sglang = None if cards and cards[0].get("owned_by") == "vllm" else _sglang_model(courier)
    card = _of_model(cards, expected.model, sglang, courier.url)
    dialect: Dialect = Vllm(str(card["id"]), expected.vocabulary)
    if sglang is not None:
        dialect = Sglang(expected.vocabulary)
    _same_tokens(courier, str(card["id"]), expected)
    most = card.get("max_model_len")
    if type(most) is not int or most < 2:
        raise _unfit(f"The model's server at {courier.url} doesn't tell how long a text may be.")
    # One place is for the position that each question asks for.
    server = Server(courier, dialect, expected.vocabulary, most - 1, witness=expected.witness)
    _agrees(server, expected)
    seeing = _seeing(server, expected)
    courier.expect(_identity(courier, sglang is not None))
    return seeing


def _models(courier: Courier) -> list[dict[str, Any]]:
    neither = f"At {courier.url} there is neither SGLang nor vLLM: check SAFELENS_ENGINE_URL."
    try:
        said = courier.get("/v1/models").result()
        # Those that have a parent are adapters over a model.
        return [card for card in said["data"] if isinstance(card["id"], str) and not card.get("parent")]
    except Refused as problem:
        if "status 401" in str(problem) or "status 403" in str(problem):
            sentence = f"The model's server at {courier.url} asks for another key: set SAFELENS_ENGINE_KEY."
            raise ModelUnavailable(Kind.GATED, sentence) from problem
        raise _unfit(neither) from problem
    except (Broken, KeyError, TypeError) as problem:
        raise _unfit(neither) from problem


def _unfit(sentence: str) -> ModelUnavailable:
    return ModelUnavailable(Kind.UNSUPPORTED, sentence)


def _sglang_model(courier: Courier) -> str | None:
    """The path or name of what an SGLang server has loaded; None where it is none."""
    for path in _ABOUT:
        try:
            said = courier.get(path).result()
            return str(said["model_path"])
        except (Refused, Broken, KeyError, TypeError):
            continue
    return None


def _identity(courier: Courier, is_sglang: bool) -> Identity:
    paths, said = ("/v1/models",), [courier.get("/v1/models").result()]
    if is_sglang:
        for path in _ABOUT:
            try:
                said.append(courier.get(path).result())
                return Identity.of((*paths, path), said)
            except (Refused, Broken):
                continue
    return Identity.of(paths, said)


def _of_model(cards: list[dict[str, Any]], model: str, sglang: str | None, url: str) -> dict[str, Any]:
    for card in cards:
        names = [str(card.get("root") or ""), str(card["id"]), sglang or ""]
        if any(_is_same(model, name) for name in names):
            return card
    serves = " and ".join(sorted({sglang or str(card["id"]) for card in cards})) or "no model"
    raise _unfit(
        f"The server at {url} computes {serves}, not {model}: set SAFELENS_MODEL to what it computes."
    )


def _is_same(model: str, served: str) -> bool:
    """Two names, or paths of two machines, of one model: of a directory its last part counts."""
    if model.lower() == served.lower():
        return True
    if f"models--{model.replace('/', '--')}/" in f"{served}/":  # in the hub's cache
        return True
    return PurePath(model).is_absolute() and PurePath(model).name == PurePath(served).name


def _same_tokens(courier: Courier, model: str, expected: Expected) -> None:
    body = {"model": model, "prompt": expected.text, "add_special_tokens": False}
    try:
        said = courier.post("/tokenize", body).result()["tokens"]
    except (Refused, Broken, KeyError, TypeError):
        return  # not every server has it
    if list(said) != list(expected.tokens):
        raise _unfit(
            f"The server at {courier.url} has another tokenizer than {expected.model}: set SAFELENS_MODEL to"
            " the model that it computes."
        )


def _agrees(server: Server, expected: Expected) -> None:
    """Tries all that a run will need: the alternatives, a prompt's own log-probabilities, and that both ways
    of asking tell the same."""
    tokens = list(expected.tokens)
    try:
        whole = _answer(server, Question(tokens, 1))
        ends = [_answer(server, Question(tokens[:length], length)) for length in (1, len(tokens))]
    except Refused as problem:
        if "logprob" in str(problem):
            raise _unfit(
                f"The server at {server.courier.url} doesn't tell {WIDTH} log-probabilities a token: start"
                f" vLLM with --max-logprobs {WIDTH} or more."
            ) from problem
        raise
    except NotFinite as problem:
        raise _unfit(f"The server at {server.courier.url} computes no numbers: {problem}.") from problem
    for one, other in zip(
        (whole.lines[0], whole.lines[-1]), (ends[0].lines[0], ends[1].lines[0]), strict=True
    ):
        found = np.flatnonzero(other.ids == one.ids[0])
        if not len(found) or abs(float(one.logprobs[0] - other.logprobs[found[0]])) > APART:
            raise _unfit(
                f"The server at {server.courier.url} contradicts itself: what it tells of a text read as a"
                " whole isn't what it tells after each part."
            )


def _answer(server: Server, question: Question) -> Answer:
    asked = server.ask(question)
    asked.future.exception()  # waits
    return asked.answer()


def _seeing(server: Server, expected: Expected) -> Server:
    """With the layers that probes may read, or with the reason why there are none."""
    if not server.dialect.sees:
        return _blind(server, f"{server.dialect.name} gives no hidden states")
    if server.witness is None:
        return _blind(server, "the model's weights aren't on this machine to check hidden states with")
    try:
        answer = _answer(server, Question(list(expected.tokens), 1, hidden=True))
    except Away:
        raise
    except Failure as problem:
        log.info("The server's hidden states: %s", problem)
        return _blind(server, f"{problem} (is it started with --enable-return-hidden-states?)")
    states = answer.lines[-1].hidden
    if states is None or states.shape != (expected.width,):
        raise _unfit(
            f"The server at {server.courier.url} computes another model: its states are of another width."
        )
    return replace(server, layers=frozenset({-1, expected.layers}))


def _blind(server: Server, why: str) -> Server:
    return replace(server, notices=(f"No guard can read along with the model's server: {why}.",))
