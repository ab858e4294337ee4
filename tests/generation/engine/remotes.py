"""Stand-ins for both kinds of servers in front of one tiny model, and engines that ask them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from generation.engine.remote import Courier, Expected, Server, connect
from generation.engine.remote.told import F32
from generation.engine.remote.witness import Witness
from tests.generation.engine.architectures import VOCABULARY, llama
from tests.generation.engine.standin.brain import Brain
from tests.generation.engine.standin.http import StandIn
from tests.generation.engine.standin.sglang import SglangApi
from tests.generation.engine.standin.vllm import VllmApi

DIALECTS = ("sglang", "vllm")
POSITIONS = 257  # of the server: one more than a text may have
NAME = "tiny/llama"
_open: list[StandIn | Courier] = []
_shared: list[StandIn | Courier] = []


@dataclass(frozen=True)
class Remote:
    standin: StandIn
    server: Server


def api(dialect: str, **more: Any) -> SglangApi | VllmApi:
    brain = Brain(llama(), POSITIONS)
    return SglangApi(brain, NAME, **more) if dialect == "sglang" else VllmApi(brain, NAME, **more)


def rows(ids: Sequence[int]) -> F32:
    weight: torch.Tensor = llama().get_output_embeddings().weight.detach()
    return np.asarray(weight[list(ids)].numpy())


def expected(**more: Any) -> Expected:
    settings: dict[str, Any] = {
        "model": NAME,
        "vocabulary": VOCABULARY,
        "width": 32,
        "layers": 3,
        "text": "Once upon a time",
        "tokens": (5, 17, 40, 8, 61),
        "witness": Witness(rows),
    }
    return Expected(**settings | more)


def standing(made: SglangApi | VllmApi, key: str = "", port: int = 0) -> StandIn:
    """Open until the test ends."""
    standin = StandIn(made, key, port)
    _open.append(standin)
    return standin


def asking(standin: StandIn, key: str = "", **more: Any) -> Courier:
    courier = Courier(standin.url, key, **more)
    _open.append(courier)
    return courier


def remote(dialect: str, **more: Any) -> Remote:
    """A server of its own for one test, which may do with it what it likes."""
    standin = standing(api(dialect, **more))
    return Remote(standin, connect(asking(standin), expected()))


@cache
def shared(dialect: str) -> Remote:
    """One that answers all who only ask; open until the last test ends."""
    before = len(_open)
    made = remote(dialect)
    _shared.extend(_open[before:])
    del _open[before:]
    return made


def close_own() -> None:
    while _open:
        _open.pop().close()


def close_shared() -> None:
    while _shared:
        _shared.pop().close()
    shared.cache_clear()
