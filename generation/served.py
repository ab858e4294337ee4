"""A model that is ready to serve: its engine, its texts, and what ends its answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch

from generation.engine import Request
from generation.engine.build import build
from generation.engine.dense import release_weights
from generation.engine.inprocess import Limits
from generation.engine.loading import Told, load, pick_threads, untold
from generation.engine.probes import ProbeBank
from generation.engine.variants import compile_blocks, to_int8
from generation.engine.working import WorkingEngine
from generation.home import home_of
from generation.protocol import Settings
from generation.text.build import build_pieces
from generation.text.conversation import Conversation, Encoded
from generation.text.ends import end_ids
from generation.text.pieces import Pieces
from guard.evidence.artifact import Home


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may choose; see the settings of the same names."""

    model: str
    name: str = ""  # what it is called; empty: as loading names it
    dtype: str = "auto"
    device: str = "auto"
    threads: int | None = None
    token: str | None = None
    max_runs: int = 32
    prefill_tokens: int = 0  # 0: the engine decides
    rows_bytes: int = 4 << 30
    cache_bytes: int = 1 << 30
    deterministic: bool = False
    compile: bool = False
    int8: bool = False
    url: str = ""  # of the server that computes the model; empty: it is computed here
    key: str = ""  # that the server asks for


def _all_is_well() -> str:
    return ""


def _nothing() -> None:
    """There is nothing to close."""


@dataclass(frozen=True, slots=True)
class Served:
    name: str
    fingerprint: str
    engine: WorkingEngine
    pieces: Pieces
    conversation: Conversation
    ends: frozenset[int]
    notices: tuple[str, ...]  # what people should know of how it is served, a sentence each
    home: Home | None = None  # what a guard must fit
    trouble: Callable[[], str] = _all_is_well  # why nothing can be computed just now, in a few words
    close: Callable[[], None] = _nothing

    def request(self, run: str, owner: str, texts: Encoded, settings: Settings) -> Request:
        """The engine's request for a run with complete settings."""
        if settings.seed is None:
            raise ValueError("A run's seed is drawn before it is generated.")
        return Request(
            id=run,
            owner=owner,
            context=texts.context_ids,
            forced=texts.forced_ids,
            max_new=settings.max_new_tokens,
            k=settings.k,
            temperature=settings.temperature,
            top_p=settings.top_p,
            min_p=settings.min_p,
            seed=settings.seed,
            delay=settings.delay,
            stop=self.ends,
        )


def serve(options: Options, probes: ProbeBank | None = None, told: Told = untold) -> Served:
    """Loads, checks and builds, and tells how far it is; raises ModelUnavailable or NotDeterministic with one
    sentence."""
    loaded = load(options.model, dtype=options.dtype, device=options.device, token=options.token, told=told)
    model = loaded.model
    size = sum(parameter.numel() for parameter in model.parameters())
    torch.set_num_threads(pick_threads(options.threads, size, os.cpu_count() or 1))
    if options.int8:
        model = to_int8(model)
    if options.compile:
        compile_blocks(model)
    prefill = options.prefill_tokens or (512 if model.device.type == "cuda" else 64)
    limits = Limits(options.max_runs, prefill, options.rows_bytes, options.cache_bytes)
    built = build(model, limits, probes, deterministic=options.deterministic)
    release_weights(model)
    pieces = build_pieces(loaded.tokenizer, built.engine.forward.vocabulary)
    conversation = Conversation(loaded.tokenizer, pieces)
    ends = end_ids(loaded.tokenizer, model.config, getattr(model, "generation_config", None))
    notices = [built.notice] if built.notice else []
    if not conversation.has_template:
        notices.append("This model has no chat template: it continues the plain text.")
    name = options.name or loaded.name
    home = home_of(name, loaded.fingerprint, model.config, loaded.tokenizer)
    return Served(name, loaded.fingerprint, built.engine, pieces, conversation, ends, tuple(notices), home)
