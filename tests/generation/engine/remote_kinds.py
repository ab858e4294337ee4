"""The engine in front of a server, for the contract suite: real HTTP to the stand-in of each kind."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from generation.engine.directions import Direction
from generation.engine.forward import Forward
from generation.engine.inprocess import Limits
from generation.engine.probes import ProbeBank
from generation.engine.remote import RemoteEngine
from generation.engine.remote.told import WIDTH
from tests.generation.engine.architectures import VOCABULARY, llama
from tests.generation.engine.driving import Plain
from tests.generation.engine.kinds import Floats, Kind
from tests.generation.engine.remotes import shared

TOGETHER = 30.0  # seconds: the answers of one round make one step, however slow the machine


@dataclass(frozen=True)
class RemoteKind(Kind):
    @property
    def token_bytes(self) -> int:
        return 1

    def engine(  # type: ignore[override]  # the suite asks of it no more than both have
        self,
        limits: Limits | None = None,
        probes: ProbeBank | None = None,
        clock: Callable[[], float] = time.monotonic,
        directions: tuple[Direction, ...] = (),
    ) -> RemoteEngine:
        assert not directions
        server = shared(self.name.removeprefix("remote ")).server
        if limits is not None:
            server = replace(server, most_tokens=min(server.most_tokens, limits.row_bytes))
        return RemoteEngine(server, limits, probes, clock=clock, turn=TOGETHER, straggling=TOGETHER)


def remote_kind(dialect: str) -> Kind:
    @torch.inference_mode()
    def logits(text: list[int]) -> Floats:
        out = llama()(input_ids=torch.tensor([text]), use_cache=False)
        return np.asarray(out.logits[0].double().numpy())

    @torch.inference_mode()
    def hidden(text: list[int], layer: int) -> Floats:
        out = llama()(input_ids=torch.tensor([text]), use_cache=False, output_hidden_states=True)
        return np.asarray(out.hidden_states[layer][0].double().numpy())

    return RemoteKind(
        f"remote {dialect}",
        VOCABULARY,
        _no_forward,
        Plain(logits, told=WIDTH),
        hidden,
        _no_steering,
        forks=False,
        steers=False,
        ranked=WIDTH if dialect == "sglang" else VOCABULARY,
        layers=frozenset({-1, 3}) if dialect == "sglang" else frozenset(),
    )


def _no_forward() -> Forward:
    raise AssertionError("The model of this engine is elsewhere.")


def _no_steering(*_: object) -> Floats:
    raise AssertionError("A model on a server can't be steered.")
