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
from generation.engine.directions import Direction, Directions, Pushed
from generation.engine.forward import Forward
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.probes import ProbeBank
from generation.engine.scripted import ScriptedForward, hashed_script, shifted
from generation.engine.sequential import SequentialForward
from tests.generation.engine.architectures import ARCHITECTURES, VOCABULARY, real_models, tiny
from tests.generation.engine.driving import Plain
from tests.generation.engine.remotes import DIALECTS

Floats = npt.NDArray[np.float64]
Pushes = dict[int, tuple[int, Floats]]  # by position: the layer, and what is added to what it gives there


@dataclass(frozen=True)
class Kind:
    """`hidden(text, layer)` is [length of the text, width]; `steered(text, pushes)` [length, vocabulary], the
    logits of one plain pass in which something is added."""

    name: str
    vocabulary: int
    forward: Callable[[], Forward]
    plain: Plain
    hidden: Callable[[list[int], int], Floats]
    steered: Callable[[list[int], Pushes], Floats]
    forks: bool = True  # whether a row can be cut anywhere, so that prefixes are reused
    steers: bool = True
    ranked: int | None = None  # a rank beyond this isn't told apart; None: all are
    layers: frozenset[int] | None = None  # whose states probes may read; None: all

    def engine(
        self,
        limits: Limits | None = None,
        probes: ProbeBank | None = None,
        clock: Callable[[], float] = time.monotonic,
        directions: tuple[Direction, ...] = (),
    ) -> InProcessEngine:
        known = Directions(directions)
        return InProcessEngine(self.forward(), limits, probes, clock=clock, directions=known)

    @property
    def token_bytes(self) -> int:
        """In which `Limits` count."""
        return self.forward().token_bytes

    @property
    def width(self) -> int:
        return int(self.hidden([5], 1).shape[1])


def _scripted() -> Kind:
    script = hashed_script(VOCABULARY)

    def logits(text: list[int]) -> Floats:
        return np.stack([script(text[: end + 1]) for end in range(len(text))]).astype(np.float64)

    def hidden(text: list[int], _layer: int) -> Floats:
        return logits(text)[:, :8]

    def steered(text: list[int], pushes: Pushes) -> Floats:
        made = {at: Pushed(layer, torch.from_numpy(added)) for at, (layer, added) in pushes.items()}
        lines = [
            shifted(script(text[: end + 1]), text[: end + 1], {at: made[at] for at in made if at <= end})
            for end in range(len(text))
        ]
        return np.stack(lines).astype(np.float64)

    def forward() -> Forward:
        return ScriptedForward(VOCABULARY)

    return Kind("scripted", VOCABULARY, forward, Plain(logits), hidden, steered)


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

    @torch.inference_mode()
    def steered(text: list[int], pushes: Pushes) -> Floats:
        layers = int(plain.config.get_text_config().num_hidden_layers)
        blocks = next(
            one for one in plain.modules() if isinstance(one, torch.nn.ModuleList) and len(one) == layers
        )

        def add(states: torch.Tensor, index: int) -> torch.Tensor:
            states = states.clone()
            for at, (layer, added) in pushes.items():
                if layer % (layers + 1) == index:
                    states[0, at] += torch.from_numpy(added).to(states)
            return states

        def behind(index: int) -> Callable[..., Any]:
            def hook(_module: Any, _args: Any, out: Any) -> Any:
                return (add(out[0], index), *out[1:]) if isinstance(out, tuple) else add(out, index)

            return hook

        def before(_module: Any, args: Any, kwargs: Any) -> Any:
            named = {"hidden_states": add(kwargs["hidden_states"], 0)} if not args else {}
            return tuple(add(one, 0) for one in args[:1]) + args[1:], kwargs | named

        head = plain.get_output_embeddings()
        hooks = [block.register_forward_hook(behind(n + 1)) for n, block in enumerate(blocks[:-1])]
        hooks.append(blocks[0].register_forward_pre_hook(before, with_kwargs=True))
        hooks.append(head.register_forward_pre_hook(lambda _, args: (add(args[0], layers), *args[1:])))
        try:
            return logits(text)
        finally:
            for hook in hooks:
                hook.remove()

    def served() -> Forward:
        forward.watch(frozenset())
        return forward

    return Kind(name, vocabulary, served, Plain(logits), hidden, steered, forks)


def _packed(model: Any, vocabulary: int, positions: int) -> Forward | str:
    return packed_or_reason(model, vocabulary, positions)


def _sequential(model: Any, vocabulary: int, positions: int) -> SequentialForward | str:
    return sequential_or_reason(model, vocabulary, positions, 64)


def _tiny(kind: str) -> Callable[[], Any]:
    found = next(architecture for architecture in ARCHITECTURES if architecture.kind == kind)
    return lambda: tiny(found)


def _trained(folder: Path) -> Callable[[], Any]:
    return lambda: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def _remote(dialect: str) -> Kind:
    from tests.generation.engine.remote_kinds import remote_kind

    return remote_kind(dialect)


def _makers() -> dict[str, Callable[[], Kind]]:
    makers: dict[str, Callable[[], Kind]] = {
        "scripted": _scripted,
        "packed": partial(_of_model, "packed", _tiny("llama"), _packed, True),
        "packed windows": partial(_of_model, "packed windows", _tiny("gpt_oss"), _packed, True),
        "sequential": partial(_of_model, "sequential", _tiny("llama"), _sequential, True),
        "bloom": partial(_of_model, "bloom", _tiny("bloom"), _sequential, True),
        "mamba": partial(_of_model, "mamba", _tiny("mamba"), _sequential, False),
    }
    for dialect in DIALECTS:
        makers[f"remote {dialect}"] = partial(_remote, dialect)
    for folder in real_models():
        makers[folder.name] = partial(_of_model, folder.name, _trained(folder), _packed, True)
    return makers


_MAKERS = _makers()
NAMES = tuple(_MAKERS)
HERE = tuple(name for name in NAMES if not name.startswith("remote"))  # that compute in this process


@cache
def kind(name: str) -> Kind:
    return _MAKERS[name]()
