"""From a loaded model to the engine that serves it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import torch

from generation.engine.check import packed_or_reason, sequential_or_reason
from generation.engine.forward import Forward
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.packed import PackedForward
from generation.engine.probes import ProbeBank

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Built:
    engine: InProcessEngine
    packed: bool
    notice: str  # why it isn't packed, one sentence for a person; empty when it is


class NotServable(RuntimeError):
    """No way of running this model gives its own numbers; the message says why."""


class NotDeterministic(RuntimeError):
    """Deterministic mode was asked for and can't be promised; the message says why."""


def build(
    model: Any, limits: Limits | None = None, probes: ProbeBank | None = None, *, deterministic: bool = False
) -> Built:
    """Packed where the check at load allows it, one run after the other where not."""
    config = model.config.get_text_config()
    vocabulary = int(model.get_output_embeddings().weight.shape[0])
    positions = int(getattr(config, "max_position_embeddings", None) or 1 << 20)
    forward: Forward
    found = packed_or_reason(model, vocabulary, positions, deterministic=deterministic)
    if isinstance(found, str):
        if deterministic:
            raise NotDeterministic(f"Deterministic mode can't be promised for this model: {found}.")
        notice = f"This model is served one run at a time, since {found}."
        served = sequential_or_reason(model, vocabulary, positions, _token_bytes(config, model.dtype))
        if isinstance(served, str):
            raise NotServable(f"This model can't be served here: {served}.")
        log.warning(notice)
        forward = served
    else:
        notice, forward = "", found
    if limits is None:
        limits = Limits(prefill_tokens=512 if forward.device.type == "cuda" else 64)
    if isinstance(found, PackedForward):
        found.limit_rows(limits.row_bytes // found.token_bytes, limits.max_runs)
    engine = InProcessEngine(forward, limits, probes, deterministic=deterministic)
    return Built(engine, not notice, notice)


def _token_bytes(config: Any, dtype: torch.dtype) -> int:
    """What a token's keys and values take in the model's own cache; a bound where states are recurrent."""
    heads = getattr(config, "num_key_value_heads", None) or getattr(config, "num_attention_heads", 1)
    of_all = getattr(config, "num_attention_heads", None) or 1
    width = getattr(config, "head_dim", None) or config.hidden_size // of_all
    return int(2 * config.num_hidden_layers * heads * width * torch.empty(0, dtype=dtype).element_size())
