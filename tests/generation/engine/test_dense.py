"""Packed weights give the layer's own numbers, the same bits for any number of lines, and go away again."""

from __future__ import annotations

import pytest
import torch

from generation.engine.dense import filled, pack_weights, release_weights, unpack_weights
from tests.generation.engine.architectures import ARCHITECTURES, Architecture, tiny

pytestmark = pytest.mark.once


@torch.no_grad()
def test_a_packed_model_gives_its_own_numbers() -> None:
    model = tiny(ARCHITECTURES[0])
    tokens = torch.randint(model.config.vocab_size, (1, 30), generator=torch.Generator().manual_seed(1))
    plain = model(tokens, use_cache=False).logits
    pack_weights(model)
    torch.testing.assert_close(model(tokens, use_cache=False).logits, plain, atol=1e-4, rtol=0)
    unpack_weights(model)
    assert torch.equal(model(tokens, use_cache=False).logits, plain)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_lines_bits_do_not_depend_on_its_neighbours(dtype: torch.dtype) -> None:
    model = tiny(ARCHITECTURES[0]).to(dtype)
    pack_weights(model)
    layer = model.model.layers[0].mlp.gate_proj
    states = torch.randn(64, layer.in_features, generator=torch.Generator().manual_seed(2)).to(dtype)
    whole = layer(states)
    for count in (1, 2, 3, 7, 16, 33):
        assert torch.equal(layer(states[:count]), whole[:count])


@torch.no_grad()
def test_released_weights_take_no_memory_and_the_model_serves_on() -> None:
    model = tiny(ARCHITECTURES[0])
    pack_weights(model)
    tokens = torch.arange(12)[None]
    before = model(tokens, use_cache=False).logits
    release_weights(model)
    assert model.model.layers[0].mlp.gate_proj.weight.device.type == "meta"
    assert model.get_input_embeddings().weight.device.type == "cpu"
    assert torch.equal(model(tokens, use_cache=False).logits, before)


@torch.no_grad()
def test_shared_weights_are_kept() -> None:
    model = tiny(Architecture("llama", {"tie_word_embeddings": True}))
    pack_weights(model)
    release_weights(model)
    assert model.get_output_embeddings().weight.device.type == "cpu"


def test_few_numbers_of_lines_are_met_and_none_is_much_larger_than_asked() -> None:
    met = {filled(lines) for lines in range(1, 97)}
    assert len(met) < 25
    assert all(lines <= filled(lines) < 1.25 * lines + 1 for lines in range(5000))
    assert {1, 2, 3, 4, 8, 16, 64} <= met
