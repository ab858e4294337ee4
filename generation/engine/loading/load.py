"""Loads a model and its tokenizer, or says in one sentence why not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from generation.engine.loading import hub
from generation.engine.loading.architecture import read_architecture
from generation.engine.loading.checkpoint import find_weights, fingerprint
from generation.engine.loading.placement import pick_device, pick_dtype
from generation.engine.loading.progress import CHECKING, FETCHING, LOADING, Told, untold, weights_told
from generation.engine.loading.unavailable import Kind, ModelUnavailable

logger = logging.getLogger(__name__)

_VOCABULARIES = ("tokenizer.json", "*.model", "vocab.*", "*.tiktoken", "tekken.json", "*vocab*.json")


@dataclass(frozen=True, slots=True)
class Loaded:
    model: Any  # a transformers model for causal generation, in evaluation mode, on its device
    tokenizer: Any  # a transformers tokenizer
    fingerprint: str  # of the weights: see `checkpoint.fingerprint`
    name: str  # the hub's name, or the directory's own; never a path


@dataclass(frozen=True, slots=True)
class Described:
    """All of a model but its weights."""

    directory: Path
    config: Any
    tokenizer: Any  # a transformers tokenizer
    name: str  # the hub's name, or the directory's own; never a path
    is_local: bool


def describe(name: str, *, token: str | None = None, revision: str | None = None) -> Described:
    """Raises ModelUnavailable with one sentence, before anything large is fetched."""
    local = hub.local_directory(name)
    directory = local or hub.fetch_description(name, revision, token)
    config = read_architecture(directory, name)
    tokenizer = _load_tokenizer(directory, name)
    _fits(tokenizer, config, name)
    known_as = name if local is None else local.resolve().name
    return Described(directory, config, tokenizer, known_as, local is not None)


def load(
    name: str,
    *,
    dtype: str = "auto",
    device: str = "auto",
    token: str | None = None,
    revision: str | None = None,
    told: Told = untold,
) -> Loaded:
    """Any Hugging Face causal model, by directory or by its name on the hub.

    Guarantees: no code of a model's own is ever run, and no weight is ever left random: a model whose
    files don't hold every tensor, in the right shape, is refused. Raises ModelUnavailable with one sentence.
    `told` hears how far it is.
    """
    place = pick_device(device)
    numbers = pick_dtype(dtype, place)
    found = describe(name, token=token, revision=revision)
    directory = found.directory
    if not found.is_local:
        told(FETCHING, None)
        hub.fetch_weights(name, directory, token, told)
    told(LOADING, None)
    files = find_weights(directory, name)
    with weights_told(told):
        model = _load_model(directory, name, found.config, numbers, place)
    told(CHECKING, None)
    return Loaded(model, found.tokenizer, fingerprint(directory, files, name), found.name)


def _load_tokenizer(directory: Path, name: str) -> Any:
    if not any(path.is_file() for pattern in _VOCABULARIES for path in directory.glob(pattern)):
        raise ModelUnavailable(Kind.UNSUPPORTED, f"{name} has no tokenizer beside its weights.")
    try:
        with _quiet():
            return AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    except ImportError as error:
        raise _needs_package(name, error) from error
    except Exception as error:  # every tokenizer class fails in its own way
        logger.info("The tokenizer of %s can't be loaded.", name, exc_info=True)
        if "trust_remote_code" in str(error):
            sentence = f"{name} needs program code of its own, which SafeLens never runs."
            raise ModelUnavailable(Kind.UNSUPPORTED, sentence) from error
        raise ModelUnavailable(Kind.BROKEN, f"The tokenizer of {name} can't be read.") from error


def _fits(tokenizer: Any, config: Any, name: str) -> None:
    """A few added tokens beyond the model's table are common and harmless; a whole vocabulary isn't."""
    model_size = getattr(config.get_text_config(), "vocab_size", None)
    if isinstance(model_size, int) and tokenizer.vocab_size > model_size:
        sentence = f"The tokenizer of {name} belongs to another model: it has more tokens than this one."
        raise ModelUnavailable(Kind.BROKEN, sentence)


def _load_model(directory: Path, name: str, config: Any, numbers: torch.dtype, place: torch.device) -> Any:
    try:
        with _quiet():
            model, found = AutoModelForCausalLM.from_pretrained(
                directory,
                config=config,
                dtype=numbers,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
        _complete(found, name)
        return model.to(place).eval().requires_grad_(False)
    except ModelUnavailable:
        raise
    except ImportError as error:
        raise _needs_package(name, error) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        where = "GPU's memory" if place.type == "cuda" else "memory"
        raise ModelUnavailable(Kind.TOO_LARGE, f"{name} doesn't fit into this machine's {where}.") from error
    except Exception as error:  # damaged files fail in as many ways as there are formats
        logger.info("The weights of %s can't be loaded.", name, exc_info=True)
        sentence = f"The weights of {name} don't fit its config.json, or are damaged."
        raise ModelUnavailable(Kind.BROKEN, sentence) from error


def _complete(found: dict[str, Any], name: str) -> None:
    lost = sorted(str(key) for key in found["missing_keys"])
    if lost:
        sentence = (
            f"The weights of {name} are incomplete: {len(lost)} tensors are missing, {lost[0]} among them."
        )
        raise ModelUnavailable(Kind.BROKEN, sentence)
    if found["mismatched_keys"] or found["error_msgs"]:
        raise ModelUnavailable(Kind.BROKEN, f"The weights of {name} don't fit its config.json.")
    if found["unexpected_keys"]:  # heads for training and the like: common, harmless, worth knowing
        logger.warning(
            "%s holds %d tensors that its architecture doesn't use.", name, len(found["unexpected_keys"])
        )


def _needs_package(name: str, error: ImportError) -> ModelUnavailable:
    logger.info("%s needs a package that isn't installed.", name, exc_info=True)
    package = f" ({error.name})" if error.name else ""
    return ModelUnavailable(Kind.UNSUPPORTED, f"{name} needs a Python package that isn't installed{package}.")


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bar and no report of Transformers' own: what matters is said by us, in one sentence."""
    bar, level = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bar:
            transformers_logging.enable_progress_bar()
