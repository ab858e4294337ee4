"""The engines that the contract suite runs on, each with its model's own numbers to compare against."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForCausalLM

from generation.engine.check import packed_or_reason, sequential_or_reason
from generation.engine.forward import Forward
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.probes import ProbeBank
from generation.engine.scripted import ScriptedForward, hashed_script
from generation.engine.sequential import SequentialForward
from tests.generation.engine.architectures import ARCHITECTURES, VOCABULARY, real_models, tiny
from tests.generation.engine.driving import Plain

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """`hidden(text, layer)` is [length of the text, width]."""

    name: str
    vocabulary: int
    forward: Callable[[], Forward]
    plain: Plain
    hidden: Callable[[list[int], int], Floats]
    forks: bool = True  # whether a row can be cut anywhere, so that prefixes are reused

    def engine(
        self,
        limits: Limits | None = None,
        probes: ProbeBank | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> InProcessEngine:
        return InProcessEngine(self.forward(), limits, probes, clock=clock)


def _scripted() -> Kind:
    script = hashed_script(VOCABULARY)

    def logits(text: list[int]) -> Floats:
        return np.stack([script(text[: end + 1]) for end in range(len(text))]).astype(np.float64)

    def hidden(text: list[int], _layer: int) -> Floats:
        return logits(text)[:, :8]

    def forward() -> Forward:
        return ScriptedForward(VOCABULARY)

    return Kind("scripted", VOCABULARY, forward, Plain(logits), hidden)


def _of_model(
    name: str, load: Callable[[], Any], serve: Callable[[Any, int, int], Forward | str], forks: bool
) -> Kind:
    """The forward is built once; a copy of the model that it never touched gives the numbers."""
    plain = load()
    vocabulary = plain.get_output_embeddings().weight.shape[0]
    forward = serve(load(), vocabulary, 256)
    assert not isinstance(forward, str), forward

    @torch.inference_mode()
    def logits(text: list[int]) -> Floats:
        out = plain(input_ids=torch.tensor([text]), use_cache=False)
        return np.asarray(out.logits[0].double().numpy())

    @torch.inference_mode()
    def hidden(text: list[int], layer: int) -> Floats:
        out = plain(input_ids=torch.tensor([text]), use_cache=False, output_hidden_states=True)
        states = list(out.hidden_states)
        if name == "mamba":  # it lists what each layer gives, then the last one normed; no embeddings
            states = [plain.get_input_embeddings()(torch.tensor([text])), *states[:-2], states[-1]]
        return np.asarray(states[layer][0].double().numpy())

    def served() -> Forward:
        forward.watch(frozenset())
        return forward

    return Kind(name, vocabulary, served, Plain(logits), hidden, forks)


def _packed(model: Any, vocabulary: int, positions: int) -> Forward | str:
    return packed_or_reason(model, vocabulary, positions)


def _sequential(model: Any, vocabulary: int, positions: int) -> SequentialForward | str:
    return sequential_or_reason(model, vocabulary, positions, 64)


def _tiny(kind: str) -> Callable[[], Any]:
    found = next(architecture for architecture in ARCHITECTURES if architecture.kind == kind)
    return lambda: tiny(found)


def _trained(folder: Path) -> Callable[[], Any]:
    return lambda: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def _makers() -> dict[str, Callable[[], Kind]]:
    makers: dict[str, Callable[[], Kind]] = {
        "scripted": _scripted,
        "packed": partial(_of_model, "packed", _tiny("llama"), _packed, True),
        "packed windows": partial(_of_model, "packed windows", _tiny("gpt_oss"), _packed, True),
        "sequential": partial(_of_model, "sequential", _tiny("llama"), _sequential, True),
        "bloom": partial(_of_model, "bloom", _tiny("bloom"), _sequential, True),
        "mamba": partial(_of_model, "mamba", _tiny("mamba"), _sequential, False),
    }
    for folder in real_models():
        makers[folder.name] = partial(_of_model, folder.name, _trained(folder), _packed, True)
    return makers


_MAKERS = _makers()
NAMES = tuple(_MAKERS)


@cache
def kind(name: str) -> Kind:
    return _MAKERS[name]()
