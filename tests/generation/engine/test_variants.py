from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from generation.engine.build import build
from generation.engine.variants import Int8Linear, compile_blocks, to_int8


def model() -> LlamaForCausalLM:
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4
    )
    return LlamaForCausalLM(config).eval()


@pytest.mark.parametrize("lines", [1, 4, 5, 40])
def test_eight_bits_are_off_by_no_more_than_rounding_explains(lines: int) -> None:
    torch.manual_seed(1)
    linear = torch.nn.Linear(48, 24)
    states = torch.randn(lines, 48)
    with torch.inference_mode():
        exact, rounded = linear(states), Int8Linear(linear)(states)
        half_steps = linear.weight.abs().amax(1) / 127 / 2
        allowed = states.abs().sum(1)[:, None] * half_steps + 1e-5
    assert ((exact - rounded).abs() <= allowed).all()
    assert not torch.equal(exact, rounded)


def test_the_output_head_keeps_its_precision_and_the_model_is_still_packed() -> None:
    small = to_int8(model())
    assert isinstance(small.model.layers[0].mlp.up_proj, Int8Linear)
    assert type(small.lm_head) is torch.nn.Linear
    assert build(small).packed


def test_compiling_marks_each_block_and_leaves_the_numbers_alone() -> None:
    """Compiled by torch's own eager backend: the compiler itself isn't what is tested here."""
    plain, compiled = model(), model()
    compile_blocks(compiled, backend="eager")
    ids = torch.arange(10)[None]
    with torch.inference_mode():
        assert torch.equal(plain(ids).logits, compiled(ids).logits)
    assert all(layer.mlp._compiled_call_impl is not None for layer in compiled.model.layers)
