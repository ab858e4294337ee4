"""Models of Llama's kind in half as many calls, for packed passes on a CPU.

A small model's pass is hundreds of short calls, and each costs more than what it computes. Here a block's
three projections of the same input are one, as are the two that open its feed-forward part; the norms are
torch's own, and queries and keys are turned in place by one complex product, whose factors are computed once
for each position. Of what stands around the blocks only what a packed pass needs is left. The columns of a
product don't know each other, so the numbers stay what they were but for the rounding of that turn. Measured
on a 7 M model: a quarter off a pass for one user, a fifth for sixteen. It is checked at load like everything
else (`check.py`), and everything runs as before where it isn't right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from generation.engine.attention import How, PackedAttention
from generation.engine.dense import Packed, packable, unpack_weights

# Whose blocks are Llama's word for word, but for windows and Qwen 3's norms of queries and keys.
FAMILIES = ("Llama", "Mistral", "Qwen2", "Qwen3")

_Linear = tuple[torch.Tensor, torch.Tensor | None]  # weight and bias


class Block:
    """Stands in for a decoder layer's `forward`; the layer, its weights and its hooks stay what they are."""

    def __init__(self, layer: Any, attention: PackedAttention, window: int | None) -> None:
        self._layer, self._attention = layer, attention
        own, mlp = layer.self_attn, layer.mlp
        self.linears = _linears(layer)
        self._index: int = own.layer_idx
        self._width: int = own.head_dim
        self._how = How(own.scaling, window, None, None)
        self._queries = own.q_proj.out_features // self._width
        self._turned = self._queries + own.k_proj.out_features // self._width
        pairs = _pairs(self._width)
        turned = [_by_heads(projection, self._width, pairs) for projection in (own.q_proj, own.k_proj)]
        self._opening = _joined([*turned, (own.v_proj.weight, own.v_proj.bias)])
        self._closing = Packed(own.o_proj.weight, own.o_proj.bias)
        self._widening = _joined([(one.weight, one.bias) for one in (mlp.gate_proj, mlp.up_proj)])
        self._narrowing = Packed(mlp.down_proj.weight, mlp.down_proj.bias)
        self._first, self._second = layer.input_layernorm, layer.post_attention_layernorm
        norms = [getattr(own, name, None) for name in ("q_norm", "k_norm")]
        self._norms = [
            (norm.weight.detach()[pairs], norm.variance_epsilon) for norm in norms if norm is not None
        ]

    def __call__(self, hidden_states: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        layout = self._attention.layout
        if layout is None:
            out: torch.Tensor = type(self._layer).forward(self._layer, hidden_states, *args, **kwargs)
            return out
        if layout.turns is None:
            layout.turns = _turns(*kwargs["position_embeddings"])
        opened = self._opening(_normed(hidden_states, self._first))
        heads = opened.view(opened.shape[1], -1, self._width)
        values, turning = heads[:, self._turned :], heads[:, : self._turned]
        if self._norms:
            (first, first_eps), (second, second_eps) = self._norms
            queries = F.rms_norm(turning[:, : self._queries], first.shape, first, first_eps)
            keys = F.rms_norm(turning[:, self._queries :], second.shape, second, second_eps)
            turning = torch.cat((queries, keys), 1)
        turned = _turn(turning, layout.turns)
        seen = self._attention.attend(
            layout,
            self._index,
            turned[:, : self._queries],
            turned[:, self._queries :],
            values,
            self._how,
        )
        states = self._closing(seen.flatten(1)[None]).add_(hidden_states)
        gate, up = self._widening(_normed(states, self._second)).chunk(2, -1)
        return self._narrowing(F.silu(gate).mul_(up)).add_(states)


@dataclass(slots=True)
class _Passed:
    """What the output head's owner reads of a pass."""

    last_hidden_state: torch.Tensor
    past_key_values: None = None
    hidden_states: None = None
    attentions: None = None


@dataclass(slots=True)
class _Said:
    """What the engine reads of a pass."""

    logits: torch.Tensor


class _Trunk:
    """Stands in for the `forward` of what bears the blocks: no mask is made and nothing collected, since
    packed attention asks for neither."""

    def __init__(self, model: Any, attention: PackedAttention) -> None:
        self._model, self._attention = model, attention
        self._blocks: list[tuple[Any, Block]] = [(layer, vars(layer)["forward"]) for layer in model.layers]
        self._turns = torch.empty(0)  # of every position up to some

    def __call__(self, input_ids: torch.Tensor, position_ids: torch.Tensor, **kwargs: Any) -> Any:
        model, layout = self._model, self._attention.layout
        if layout is None:
            return type(model).forward(model, input_ids=input_ids, position_ids=position_ids, **kwargs)
        states = model.embed_tokens(input_ids)
        if len(self._turns) < layout.reach:
            self._turn_up_to(layout.reach, states)
        layout.turns = self._turns[position_ids[0]]
        for layer, block in self._blocks:
            hooked = layer._forward_pre_hooks or layer._forward_hooks
            states = layer(states) if hooked else block(states)
        return _Passed(_normed(states, model.norm))

    def _turn_up_to(self, reach: int, like: torch.Tensor) -> None:
        """A position's turn depends on it alone: kinds of encoding of which that isn't true aren't packed."""
        every = torch.arange(max(256, 1 << (reach - 1).bit_length()))
        self._turns = _turns(*self._model.rotary_emb(like, position_ids=every[None]))


class _Top:
    """Stands in for the whole model's `forward`: only the wanted lines' logits, and no more."""

    def __init__(self, model: Any, attention: PackedAttention) -> None:
        self._model, self._attention = model, attention

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        model = self._model
        if self._attention.layout is None:
            return type(model).forward(model, *args, **kwargs)
        passed = model.base_model.forward(kwargs["input_ids"], kwargs["position_ids"])
        return _Said(model.lm_head(passed.last_hidden_state[:, kwargs["logits_to_keep"]]))


@torch.no_grad()
def fuse_blocks(model: Any, attention: PackedAttention) -> None:
    """Every block of a known kind on a CPU, once `attention` has learned the layers.
    Its linear layers are no longer asked: they are plain again, and `release_weights` frees them."""
    windows = {layer: window for layer, _, window in attention.learned}
    held = Counter(weight.data_ptr() for _, weight in model.named_parameters(remove_duplicate=False))
    for layer in model.modules():
        # Weights that stand in two places would be joined, and kept, twice.
        if _fits(layer) and all(held[linear.weight.data_ptr()] == 1 for linear in _linears(layer)):
            block = Block(layer, attention, windows[layer.self_attn.layer_idx])
            vars(layer)["forward"] = block
            for linear in block.linears:
                vars(linear)["forward"] = partial(torch.nn.Linear.forward, linear)
    base = model.base_model
    known = _is(base, "Model") and _is(base.norm, "RMSNorm")
    if known and all(isinstance(vars(layer).get("forward"), Block) for layer in base.layers):
        vars(base)["forward"] = _Trunk(base, attention)
        if _is(model, "ForCausalLM"):
            vars(model)["forward"] = _Top(model, attention)


def split_blocks(model: Any) -> bool:
    """Takes it back; whether there was anything."""
    found = [m for m in model.modules() if isinstance(vars(m).get("forward"), Block | _Trunk | _Top)]
    for module in found:
        del vars(module)["forward"]
    if found:
        unpack_weights(model)
    return bool(found)


def _is(module: Any, part: str) -> bool:
    kind = type(module)
    known = kind.__name__ in [family + part for family in FAMILIES]
    return known and kind.__module__.startswith("transformers.models.")


def _fits(layer: Any) -> bool:
    if not _is(layer, "DecoderLayer"):
        return False
    own, mlp = layer.self_attn, layer.mlp
    return (
        all(map(packable, _linears(layer)))
        and type(mlp.act_fn).__name__ == "SiLUActivation"
        and own.v_proj.out_features == own.k_proj.out_features
        and own.head_dim % 2 == 0
        and mlp._compiled_call_impl is None
        and _is(layer.input_layernorm, "RMSNorm")
        and _is(layer.post_attention_layernorm, "RMSNorm")
    )


def _linears(layer: Any) -> list[Any]:
    own, mlp = layer.self_attn, layer.mlp
    return [own.q_proj, own.k_proj, own.v_proj, own.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj]


def _pairs(width: int) -> torch.Tensor:
    """A head's numbers in the order in which the two that are turned together stand side by side."""
    return torch.arange(width).view(2, -1).T.flatten()


def _by_heads(linear: Any, width: int, order: torch.Tensor) -> _Linear:
    weight = linear.weight.view(-1, width, linear.in_features)[:, order].flatten(0, 1)
    return weight, None if linear.bias is None else linear.bias.view(-1, width)[:, order].flatten()


def _joined(parts: list[_Linear]) -> Packed:
    bias = None
    if any(one is not None for _, one in parts):
        bias = torch.cat([weight.new_zeros(len(weight)) if one is None else one for weight, one in parts])
    return Packed(torch.cat([weight for weight, _ in parts]), bias)


def _normed(states: torch.Tensor, norm: Any) -> torch.Tensor:
    return F.rms_norm(states, norm.weight.shape, norm.weight, norm.variance_epsilon)


def _turns(cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """[tokens, 1, width / 2]; the second half of both repeats the first."""
    half = cos.shape[-1] // 2
    return torch.complex(cos[0, :, None, :half].float(), sin[0, :, None, :half].float())


def _turn(heads: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """In place where the numbers are wide enough for it."""
    wide = heads.float()
    torch.view_as_complex(wide.view(*wide.shape[:-1], -1, 2)).mul_(turns)
    return wide.to(heads.dtype)
