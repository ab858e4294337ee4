"""From a model's name to a directory on this machine, through the Hugging Face hub and its cache."""

from __future__ import annotations

import errno
from pathlib import Path

import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from generation.engine.loading.progress import Told, bytes_told, untold
from generation.engine.loading.unavailable import Kind, ModelUnavailable

_DESCRIPTION = ["*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken"]
_ELSEWHERE = ["*/*", "consolidated*"]  # other frameworks' copies of the same weights


def local_directory(name: str) -> Path | None:
    """The directory that `name` means; None for a name on the hub. Raises ModelUnavailable (missing)."""
    if not name.strip():
        raise ModelUnavailable(
            Kind.MISSING, "No model is named: set SAFELENS_MODEL to a name or a directory."
        )
    try:
        path = Path(name).expanduser()
        if path.is_dir():
            return path
        is_path = path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1 or path.exists()
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, an unknown ~person
        raise ModelUnavailable(Kind.MISSING, f"{name[:80]!r} can't be a model's name or directory.") from None
    if is_path:
        raise ModelUnavailable(Kind.MISSING, f"There is no model directory {name}.")
    return None


def fetch_description(name: str, revision: str | None, token: str | None) -> Path:
    """Everything but the weights, so that a model that can't be served is refused before its gigabytes."""
    return _fetch(name, revision, token, _DESCRIPTION)


def fetch_weights(name: str, directory: Path, token: str | None, told: Told = untold) -> None:
    """The weights of the very commit that `directory` holds; pickled ones only where there are no others."""
    _fetch(name, directory.name, token, ["*.safetensors"], told)
    if not any(directory.glob("*.safetensors")):
        _fetch(name, directory.name, token, ["*.bin"], told)


def _fetch(
    name: str, revision: str | None, token: str | None, patterns: list[str], told: Told = untold
) -> Path:
    try:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                token=token,
                allow_patterns=patterns,
                ignore_patterns=_ELSEWHERE,
                tqdm_class=bytes_told(told),
            )
        )
    except (HFValidationError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise _told_apart(name, revision, error) from error


def _told_apart(name: str, revision: str | None, error: Exception) -> ModelUnavailable:
    if isinstance(error, HFValidationError):
        sentence = f"{name} is neither a directory nor the name of a Hugging Face model."
        return ModelUnavailable(Kind.MISSING, sentence)
    if isinstance(error, GatedRepoError):
        sentence = f"{name} is gated: accept its licence on Hugging Face and set HF_TOKEN to your token."
        return ModelUnavailable(Kind.GATED, sentence)
    if isinstance(error, RevisionNotFoundError):
        return ModelUnavailable(Kind.MISSING, f"{name} has no revision {revision} on Hugging Face.")
    if isinstance(error, RepositoryNotFoundError):
        sentence = f"Hugging Face has no model {name}, or a private one: check the name, or set HF_TOKEN."
        return ModelUnavailable(Kind.MISSING, sentence)
    refusal = error if isinstance(error, HfHubHTTPError) else error.__cause__
    if isinstance(refusal, HfHubHTTPError) and refusal.response.status_code in (401, 403):
        sentence = f"Hugging Face doesn't let your token read {name}: check HF_TOKEN and its permissions."
        return ModelUnavailable(Kind.GATED, sentence)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelUnavailable(Kind.TOO_LARGE, f"{name} doesn't fit on this machine's disk.")
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS):
        sentence = f"{name} can't be stored: the Hugging Face cache directory (HF_HOME) isn't writable."
        return ModelUnavailable(Kind.UNREACHABLE, sentence)
    sentence = f"{name} isn't on this machine, and Hugging Face can't be reached: check the connection."
    return ModelUnavailable(Kind.UNREACHABLE, sentence)
