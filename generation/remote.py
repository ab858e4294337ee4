"""A model that a server of its own computes: all of it but the weights comes from its files here."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import GenerationConfig

from generation.engine.inprocess import Limits
from generation.engine.loading import Described, ModelUnavailable, Told, describe, untold
from generation.engine.loading.checkpoint import find_weights, fingerprint
from generation.engine.remote import Courier, Expected, RemoteEngine, connect
from generation.engine.remote.witness import witness_of
from generation.home import home_of
from generation.served import Options, Served
from generation.text.build import build_pieces
from generation.text.conversation import Conversation
from generation.text.ends import end_ids

WAITING = "waiting for the model's server"
TRIAL = "Once upon a time there was a little plant that wanted to see the rain."

log = logging.getLogger(__name__)


def serve_remote(options: Options, told: Told = untold) -> Served:
    """Waits until the server is there, and tells so. Raises ModelUnavailable with one sentence, also for a
    server that computes another model than the configured one."""
    found = describe(options.model, token=options.token)
    torch.set_num_threads(1)  # probes are all that is computed here
    text = found.config.get_text_config()
    mark, files = _weights(found, options.model)
    expected = Expected(
        model=str(found.directory.resolve()) if found.is_local else found.name,
        vocabulary=int(text.vocab_size),
        width=int(text.hidden_size),
        layers=int(text.num_hidden_layers),
        text=TRIAL,
        tokens=tuple(found.tokenizer(TRIAL, add_special_tokens=False)["input_ids"]),
        witness=witness_of(found.config, files) if files else None,
    )
    courier = Courier(options.url, options.key)
    try:
        server = connect(courier, expected, _waiting(courier.url, told))
    except BaseException:
        courier.close()
        raise
    engine = RemoteEngine(server, Limits(options.max_runs))
    pieces = build_pieces(found.tokenizer, expected.vocabulary)
    conversation = Conversation(found.tokenizer, pieces)
    notices = [f"The model is computed by {server.dialect.name} at {courier.url}.", *server.notices]
    if not conversation.has_template:
        notices.append("This model has no chat template: it continues the plain text.")
    name = options.name or found.name
    return Served(
        name,
        mark,
        engine,
        pieces,
        conversation,
        end_ids(found.tokenizer, found.config, _generation_config(found)),
        tuple(notices),
        home_of(name, mark, found.config, found.tokenizer),
        trouble=lambda: server.trouble,
        close=engine.close,
    )


def _weights(found: Described, name: str) -> tuple[str, list[Path]]:
    """What names the model's weights, and their files. Where they aren't here, its name and its configuration
    must do: then no guard fits, for a guard belongs to weights."""
    try:
        files = find_weights(found.directory, name)
        return fingerprint(found.directory, files, name), files
    except ModelUnavailable:
        told = f"computed elsewhere {found.name} {fingerprint(found.directory, [], name)}"
        return hashlib.sha256(told.encode()).hexdigest()[:32], []


def _generation_config(found: Described) -> GenerationConfig | None:
    try:
        return GenerationConfig.from_pretrained(found.directory, local_files_only=True)
    except (OSError, ValueError):
        return None


def _waiting(url: str, told: Told) -> Callable[[float], None]:
    waits = False

    def wait(seconds: float) -> None:
        nonlocal waits
        if not waits:
            log.warning("The model's server at %s doesn't answer yet; it is waited for.", url)
            told(WAITING, None)
            waits = True
        time.sleep(seconds)

    return wait
