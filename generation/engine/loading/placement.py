"""Where a model runs and in which numbers."""

from __future__ import annotations

import torch

from generation.engine.loading.unavailable import Kind, ModelUnavailable

# Below so many parameters a second thread costs more than it gives.
_ONE_THREAD_BELOW = 20_000_000
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_device(wish: str = "auto") -> torch.device:
    """`auto`: the GPU if there is one. Raises ModelUnavailable for a device that this machine hasn't."""
    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wish)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise ModelUnavailable(Kind.NO_DEVICE, f"{wish} is no device: use auto, cpu, cuda or cuda:0.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ModelUnavailable(Kind.NO_DEVICE, f"This machine has no device {wish}: use auto or cpu.")
    return device


def pick_dtype(wish: str, device: torch.device) -> torch.dtype:
    """`auto`: float32 on a CPU; on a GPU bfloat16, or float16 where the GPU is too old for it."""
    if wish != "auto":
        if wish not in _DTYPES:
            raise ValueError(f"{wish} is no number format: use auto, float32, bfloat16 or float16.")
        return _DTYPES[wish]
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def pick_threads(wish: int | None, parameters: int, cores: int) -> int:
    """How many threads torch should use. None: one for a small model, else one for each core."""
    if wish is not None:
        return max(1, wish)
    return 1 if parameters < _ONE_THREAD_BELOW else max(1, cores)
