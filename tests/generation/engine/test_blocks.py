"""Fused blocks stand in for code that is known word for word, and only where the numbers come out right."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
import torch

from generation.engine import Request, blocks
from generation.engine.blocks import FAMILIES, Block
from generation.engine.build import Built, build
from generation.engine.dense import release_weights
from generation.engine.forward import Span
from generation.engine.variants import compile_blocks, to_int8
from tests.generation.engine.architectures import ARCHITECTURES, Architecture, tiny
from tests.generation.engine.driving import finish, tokens

pytestmark = pytest.mark.once

BY_KIND = {architecture.kind: architecture for architecture in ARCHITECTURES}
FUSED = [BY_KIND[family.lower()] for family in FAMILIES]
LEFT = [BY_KIND[kind] for kind in ("granite", "gemma", "phi3", "gpt2", "mixtral")]


def blocks_of(model: Any) -> list[bool]:
    return [isinstance(vars(layer).get("forward"), Block) for layer in model.base_model.layers]


def lines(function: Callable[..., object]) -> list[str]:
    """A function's code without its signature, comments and names of classes."""
    source = inspect.getsource(function).split("\n    ) -> ")[-1].splitlines()[1:]
    return [line.split("  #")[0].strip() for line in source]


def code(method: Callable[..., object]) -> str:
    """Behind the docstring, whose examples name models."""
    return inspect.getsource(method).split('"""')[-1].replace("  ", "")


def part(family: str, name: str) -> Any:
    module = import_module(f"transformers.models.{family.lower()}.modeling_{family.lower()}")
    return getattr(module, name if name[0].islower() else family + name)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_code_is_llamas(family: str) -> None:
    for name in ("DecoderLayer", "MLP", "RMSNorm"):
        assert lines(part(family, name).forward) == lines(part("Llama", name).forward), name
    for name in ("ForCausalLM", "RotaryEmbedding"):
        assert code(part(family, name).forward) == code(part("Llama", name).forward), name
    for name in ("apply_rotary_pos_emb", "rotate_half"):
        assert lines(part(family, name)) == lines(part("Llama", name)), name
    # Windows are told to the attention, which the check at load learns from it; norms are done by the block.
    own = lines(part(family, "Attention").forward)
    known = [
        line.replace("self.q_norm(", "", 1).replace("self.k_norm(", "", 1).replace("shape))", "shape)")
        for line in own
        if not line.startswith("sliding_window=")
    ]
    assert known == lines(part("Llama", "Attention").forward)


@pytest.mark.parametrize("architecture", FUSED, ids=str)
def test_every_block_of_a_known_family_is_fused(architecture: Architecture) -> None:
    model = tiny(architecture)
    assert build(model).packed
    assert all(blocks_of(model))
    assert "forward" in vars(model.base_model)


@torch.inference_mode()
def test_positions_are_turned_right_however_far_a_text_reaches() -> None:
    """The check at load reads a short text only."""
    model = tiny(Architecture("llama", {"max_position_embeddings": 1024}))
    ids = torch.randint(3, 96, (1, 700), generator=torch.Generator().manual_seed(3))
    plain = model(ids, use_cache=False).logits[0]
    forward = build(model).engine.forward
    assert all(blocks_of(model))
    row, text = forward.open(), ids[0].tolist()
    forward.run([Span(row, 0, text[:250], 1)])
    parts = [(250, 251), (251, 262), (262, 263), (263, 600), (600, 700)]
    got = [forward.run([Span(row, start, text[start:end], end - start)]).logits for start, end in parts]
    torch.testing.assert_close(torch.cat(got), plain[250:], atol=1e-4, rtol=0)


@pytest.mark.parametrize("architecture", LEFT, ids=str)
def test_what_is_not_known_is_left_alone(architecture: Architecture) -> None:
    model = tiny(architecture)
    assert build(model).packed
    assert "forward" not in vars(model.base_model)
    assert not any(isinstance(vars(module).get("forward"), Block) for module in model.modules())


def answer(built: Built) -> list[int]:
    built.engine.submit(Request("mine", tuple(range(3, 40)), max_new=20, seed=4))
    return tokens(finish(built.engine))


def test_a_block_that_is_wrong_is_found_at_load_and_the_model_packed_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = answer(build(tiny(FUSED[0])))
    monkeypatch.setattr(blocks, "_turn", lambda heads, _turns: heads)
    model = tiny(FUSED[0])
    built = build(model)
    assert built.packed
    assert not any(blocks_of(model))
    assert answer(built) == right


def test_a_model_that_was_fused_before_is_served_anew_and_is_itself_outside_of_passes() -> None:
    model = tiny(FUSED[0])
    ids = torch.arange(3, 30)[None]
    with torch.inference_mode():
        plain = model(ids).logits
        right = answer(build(model))
        torch.testing.assert_close(model(ids, use_cache=False).logits, plain, atol=1e-4, rtol=0)
    assert answer(build(model)) == right


def test_it_serves_on_when_the_weights_that_nobody_reads_are_freed() -> None:
    model = tiny(FUSED[0])
    built = build(model)
    before = answer(built)
    release_weights(model)
    assert model.model.layers[0].self_attn.q_proj.weight.device.type == "meta"
    assert answer(built) == before


@pytest.mark.parametrize("variant", [to_int8, lambda model: compile_blocks(model, backend="eager")])
def test_what_was_made_faster_otherwise_stays_so(variant: Callable[[Any], object]) -> None:
    model = tiny(FUSED[0])
    variant(model)
    assert build(model).packed
    assert not any(blocks_of(model))


class Adapted(torch.nn.Module):
    """A linear layer and what was learned beside it."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.linear, self.out_features = linear, linear.out_features
        self.beside = torch.nn.Parameter(torch.randn_like(linear.weight) / 10)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = self.linear(states) + torch.nn.functional.linear(states, self.beside)
        return added


def adapt(model: Any) -> None:
    own = model.model.layers[1].self_attn
    own.v_proj = Adapted(own.v_proj)


def share(model: Any) -> None:
    model.model.layers[1].mlp = model.model.layers[0].mlp


def fill_biases(model: Any) -> None:
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)


ODD: dict[str, tuple[Callable[[Any], None], dict[str, Any], list[bool]]] = {
    "adapted": (adapt, {}, [True, False]),
    "shared": (share, {}, [False, False]),
    "biased": (fill_biases, {"attention_bias": True, "mlp_bias": True}, [True, True]),
    "tied": (lambda _model: None, {"tie_word_embeddings": True}, [True, True]),
}


@torch.inference_mode()
@pytest.mark.parametrize("kind", ODD)
def test_an_unusual_models_numbers_are_its_own(kind: str) -> None:
    change, settings, fused = ODD[kind]
    model = tiny(Architecture("llama", {"num_hidden_layers": 2, **settings}))
    change(model)
    ids = torch.randint(3, 96, (1, 60), generator=torch.Generator().manual_seed(3))
    plain = model(ids, use_cache=False).logits[0]
    built = build(model)
    assert built.packed
    assert blocks_of(model) == fused
    release_weights(model)
    forward = built.engine.forward
    got = forward.run([Span(forward.open(), 0, ids[0].tolist(), 60)]).logits
    torch.testing.assert_close(got, plain, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_in_half_precision_it_is_no_further_off_than_the_model_itself() -> None:
    ids = torch.randint(3, 96, (1, 40), generator=torch.Generator().manual_seed(3))
    exact = tiny(FUSED[0])(ids).logits[0]
    model = tiny(FUSED[0]).to(torch.bfloat16)
    own = (model(ids).logits[0].float() - exact).abs().mean()
    forward = build(model).engine.forward
    assert all(blocks_of(model))
    row = forward.open()
    fused = forward.run([Span(row, 0, ids[0].tolist(), 40)]).logits.float()
    assert (fused - exact).abs().mean() <= 1.2 * own
