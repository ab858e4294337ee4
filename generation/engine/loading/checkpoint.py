"""The files that hold a model's weights: found, checked before they are loaded, and told apart."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, BinaryIO

from generation.engine.loading.unavailable import Kind, ModelUnavailable

_WHOLE_FILES = 64 * 1024 * 1024  # up to so many bytes of weights, each of them counts
_SAMPLE = 4096  # bytes
_MOST_HEADER = 100_000_000  # bytes, the format's own limit

# What a configuration says about its making, not about the numbers.
_COSMETIC = frozenset(
    {"_name_or_path", "architectures", "auto_map", "dtype", "torch_dtype", "transformers_version"}
)


def find_weights(directory: Path, name: str) -> list[Path]:
    """The files with the weights, in the order that Transformers looks for them.

    Raises ModelUnavailable (broken) where one is missing or cut short.
    """
    for whole in ("model.safetensors", "pytorch_model.bin"):
        if (directory / whole).is_file():
            files = [directory / whole]
        elif (directory / f"{whole}.index.json").is_file():
            files = _of_index(directory / f"{whole}.index.json", name)
        else:
            continue
        for file in files:
            if file.suffix == ".safetensors":
                read_header(file, name)
        return files
    raise ModelUnavailable(Kind.BROKEN, f"{name} has no weights: there is no model.safetensors.")


def _of_index(index: Path, name: str) -> list[Path]:
    try:
        parts = {str(part) for part in json.loads(index.read_text("utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(Kind.BROKEN, f"The list of weights of {name} can't be read.") from error
    files = [index.parent / part for part in sorted(parts)]
    lost = [file.name for file in files if not file.is_file()]
    if lost or not files or any(file.parent != index.parent for file in files):
        missing = f": {lost[0]} is missing" if lost else ""
        raise ModelUnavailable(Kind.BROKEN, f"The weights of {name} are incomplete{missing}.")
    return files


def read_header(file: Path, name: str) -> tuple[dict[str, Any], int]:
    """A safetensors file's tensors, and where their bytes begin. Raises ModelUnavailable (broken)."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 0 < length <= min(_MOST_HEADER, size - 8):
                raise ValueError("no header")
            header = json.loads(stream.read(length))
        tensors = {key: entry for key, entry in header.items() if key != "__metadata__"}
        end = max((int(entry["data_offsets"][1]) for entry in tensors.values()), default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ModelUnavailable(Kind.BROKEN, f"The weights of {name} are damaged ({file.name}).") from error
    if 8 + length + end != size:
        raise ModelUnavailable(Kind.BROKEN, f"The weights of {name} are cut short ({file.name}).")
    return tensors, 8 + length


def fingerprint(directory: Path, files: list[Path], name: str, whole: int = _WHOLE_FILES) -> str:
    """32 hexadecimal digits that name these weights and the settings that they are used with.

    Guarantees: the same files give the same fingerprint on every machine. Up to `whole` bytes of weights,
    any other byte gives another one. Above, it covers every tensor's name, type and shape, and 12 KiB of
    each tensor's bytes (pickled files: of each MiB): any training that touches a whole tensor shows, a
    change of a few single numbers may not. The same weights cut into other files have another fingerprint.
    """
    digest = hashlib.sha256()
    config = json.loads((directory / "config.json").read_text("utf-8"))
    kept = {key: value for key, value in config.items() if key not in _COSMETIC}
    digest.update(json.dumps(kept, sort_keys=True).encode())
    everything = sum(file.stat().st_size for file in files) <= whole
    for file in files:
        with file.open("rb") as stream:
            if everything:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
                continue
            for begin, end in _spans(file, name, digest):
                _sample(stream, begin, end, digest)
    return digest.hexdigest()[:32]


def _spans(file: Path, name: str, digest: hashlib._Hash) -> list[tuple[int, int]]:
    """Where the tensors of a file lie; their names, types and shapes go into the digest."""
    if file.suffix != ".safetensors":
        size = file.stat().st_size
        digest.update(str(size).encode())
        return [(begin, min(begin + 2**20, size)) for begin in range(0, size, 2**20)]
    tensors, start = read_header(file, name)
    digest.update(json.dumps(tensors, sort_keys=True).encode())
    return sorted(
        (start + entry["data_offsets"][0], start + entry["data_offsets"][1]) for entry in tensors.values()
    )


def _sample(stream: BinaryIO, begin: int, end: int, digest: hashlib._Hash) -> None:
    for place in (begin, (begin + end - _SAMPLE) // 2, end - _SAMPLE):
        place = max(begin, place)
        stream.seek(place)
        digest.update(stream.read(min(_SAMPLE, end - place)))
