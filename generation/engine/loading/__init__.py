"""Any Hugging Face causal model, by name or directory; what can't be served is told apart in one sentence."""

from generation.engine.loading.load import Described, Loaded, describe, load
from generation.engine.loading.placement import pick_device, pick_dtype, pick_threads
from generation.engine.loading.progress import Told, untold
from generation.engine.loading.unavailable import Kind, ModelUnavailable

__all__ = [
    "Described",
    "Kind",
    "Loaded",
    "ModelUnavailable",
    "Told",
    "describe",
    "load",
    "pick_device",
    "pick_dtype",
    "pick_threads",
    "untold",
]
