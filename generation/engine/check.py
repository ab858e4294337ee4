"""Every model is checked at load: packed logits against its own plain pass, before anybody is served."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface

from generation.engine.attention import NotPackable, PackedAttention
from generation.engine.blocks import fuse_blocks, split_blocks
from generation.engine.dense import pack_weights, unpack_weights
from generation.engine.forward import Forward, Span
from generation.engine.packed import PackedForward
from generation.engine.sequential import Continues, SequentialForward
from generation.engine.shelves import LayerShape, Shelves

# Largest difference of any logit, against the largest logit, that rounding alone explains.
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
_LENGTH = 48  # longer than the windows of small test models


def packed_or_reason(
    model: Any, vocabulary: int, max_positions: int, *, deterministic: bool = False
) -> PackedForward | str:
    """The packed forward if the model's numbers come out right through it; else why not, for a person."""
    usual = model.config._attn_implementation
    reason = ""
    for fused in (True, False):
        try:
            return _checked(model, vocabulary, max_positions, fused=fused, deterministic=deterministic)
        except NotPackable as error:
            reason = str(error)
        except Exception as error:
            reason = f"it failed the check with {type(error).__name__}"
        model.set_attn_implementation(usual)
        if not split_blocks(model):
            break  # without blocks of our own it was tried just now
    unpack_weights(model)
    return reason


def _checked(
    model: Any, vocabulary: int, max_positions: int, *, fused: bool, deterministic: bool
) -> PackedForward:
    """Raises NotPackable, or whatever the model raises, if it isn't right."""
    tokens = _trial(vocabulary, max_positions)
    plain = _plain(model, tokens)
    forward = _pack(model, vocabulary, max_positions, fused=fused, deterministic=deterministic)
    pack_weights(model)  # what no block has joined already: nothing is packed twice
    _compare(plain, _mixed(forward, tokens.tolist()), model.dtype)
    if deterministic:
        _same_bits(forward, tokens.tolist())
    return forward


def sequential_or_reason(
    model: Any, vocabulary: int, max_positions: int, token_bytes: int
) -> SequentialForward | str:
    """The sequential forward, with as much use of the model's own cache as its numbers come out right with;
    else why they never do, for a person."""
    tokens = _trial(vocabulary, max_positions)
    reason = ""
    try:
        plain = _plain(model, tokens)
    except Exception as error:
        return f"its own pass fails with {type(error).__name__}"
    pack_weights(model)
    for continues in Continues:
        forward = SequentialForward(
            model,
            vocabulary=vocabulary,
            max_positions=max_positions,
            token_bytes=token_bytes,
            continues=continues,
        )
        try:
            _compare(plain, _mixed(forward, tokens.tolist()), model.dtype)
            return forward
        except NotPackable as error:
            reason = str(error)
        except Exception as error:
            reason = f"it failed the check with {type(error).__name__}"
    unpack_weights(model)
    return reason


def _trial(vocabulary: int, max_positions: int) -> torch.Tensor:
    length = min(_LENGTH, max_positions)
    return torch.randint(vocabulary, (2, length), generator=torch.Generator().manual_seed(7))


def _pack(
    model: Any, vocabulary: int, max_positions: int, *, fused: bool, deterministic: bool
) -> PackedForward:
    config = model.config.get_text_config()
    attention = PackedAttention()
    AttentionInterface.register(attention.name, attention)
    model.set_attn_implementation(attention.name)
    with torch.inference_mode():
        model(input_ids=torch.zeros(1, 4, dtype=torch.long, device=model.device), use_cache=False)
    shapes = _shapes(attention, config)
    scaling = getattr(config, "rope_parameters", None) or {}
    kinds = {str(part.get("rope_type")) for part in [scaling, *scaling.values()] if isinstance(part, dict)}
    if kinds & {"dynamic", "longrope"}:
        raise NotPackable("its position encoding depends on the longest text in the batch")
    if fused:
        fuse_blocks(model, attention)
    return PackedForward(
        model,
        attention,
        Shelves(shapes, model.dtype, model.device),
        vocabulary=vocabulary,
        max_positions=max_positions,
        deterministic=deterministic,
    )


def _shapes(attention: PackedAttention, config: Any) -> list[LayerShape]:
    """One call a layer, in any order; a layer that should have a window must have said so."""
    if len(attention.learned) != config.num_hidden_layers:
        raise NotPackable(
            f"{len(attention.learned)} of its {config.num_hidden_layers} layers use the shared attention"
        )
    by_layer = {layer: (shape, window) for layer, shape, window in attention.learned}
    if sorted(by_layer) != list(range(config.num_hidden_layers)):
        raise NotPackable("its layers aren't numbered from 0 on")
    kinds = getattr(config, "layer_types", None) or ["full_attention"] * config.num_hidden_layers
    for layer, kind in enumerate(kinds):
        if kind == "sliding_attention" and by_layer[layer][1] is None:
            raise NotPackable("it doesn't tell its attention how wide the window is")
        if kind not in ("full_attention", "sliding_attention"):
            raise NotPackable(f"it has layers of the kind {kind}")
    return [by_layer[layer][0] for layer in range(config.num_hidden_layers)]


@torch.inference_mode()
def _plain(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    lines = [model(input_ids=line[None].to(model.device), use_cache=False).logits[0] for line in tokens]
    return torch.stack(lines).float().cpu()


def _mixed(forward: Forward, tokens: list[list[int]]) -> torch.Tensor:
    """Two texts in chunks, in mixed passes, and token by token, each at its own pace."""
    a, b = forward.open(), forward.open()
    first, second = tokens
    half, sixth, third = len(first) // 2, len(second) // 6, len(second) // 3
    got: list[list[torch.Tensor]] = [[], []]
    passes: list[list[tuple[int, int, int]]] = [
        [(0, 0, half)],
        [(0, half, half + 1), (1, 0, sixth)],
        [(0, half + 1, half + 2), (1, sixth, third)],
    ]
    for step in range(max(len(first) - half - 2, len(second) - third)):
        both = [(0, half + 2 + step, half + 3 + step), (1, third + step, third + step + 1)]
        passes.append([(run, start, end) for run, start, end in both if end <= len(tokens[run])])
    try:
        for parts in passes:
            spans = [
                Span((a, b)[run], start, tokens[run][start:end], end - start) for run, start, end in parts
            ]
            logits = forward.run(spans).logits.float().cpu()
            at = 0
            for run, start, end in parts:
                got[run].append(logits[at : at + end - start])
                at += end - start
    finally:
        forward.close(a)
        forward.close(b)
    return torch.stack([torch.cat(part) for part in got])


def _compare(plain: torch.Tensor, packed: torch.Tensor, dtype: torch.dtype) -> None:
    if not torch.isfinite(plain).all():
        raise NotPackable("its own logits are not finite")
    allowed = _TOLERANCE.get(dtype, 1e-1) * max(1.0, plain.abs().max().item())
    worst = (plain - packed).abs().max().item()
    if not worst <= allowed:
        raise NotPackable(f"its packed logits differ from its own by {worst:.2g}")


def _same_bits(forward: PackedForward, tokens: list[list[int]]) -> None:
    """The promise of deterministic mode, tried: one text alone, and with another beside it."""
    prompt, rest = tokens[0][:16], tokens[0][16:]
    alone: list[torch.Tensor] = []
    together: list[torch.Tensor] = []
    for others, out in ((0, alone), (5, together)):
        rows = [forward.open() for _ in range(others + 1)]
        try:
            for row in rows:
                out.append(forward.run([Span(row, 0, prompt, 1)]).logits[:1])
            del out[1:]
            for place, token in enumerate(rest):
                spans = [Span(row, 16 + place, [token], 1) for row in rows]
                out.append(forward.run(spans).logits[:1])
        finally:
            for row in rows:
                forward.close(row)
    if not torch.equal(torch.cat(alone), torch.cat(together)):
        raise NotPackable("it doesn't give the same bits alone and in a batch on this machine")
