"""The operator's choices for the engine, out of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from generation.engines import name_of

if TYPE_CHECKING:
    from generation.served import Options


def engine_options(model: str | None = None) -> Options:
    """`model` instead of the site's own. Imports torch, so a web process must not come here at its start."""
    from generation.served import Options

    here = model is not None  # another than the one that the server computes
    return Options(
        model=model or settings.SAFELENS_MODEL,
        name=name_of(model or settings.SAFELENS_MODEL),
        dtype=settings.SAFELENS_DTYPE,
        device=settings.SAFELENS_DEVICE,
        threads=settings.SAFELENS_THREADS,
        token=settings.HF_TOKEN or None,
        max_runs=settings.SAFELENS_MAX_RUNS,
        prefill_tokens=settings.SAFELENS_PREFILL_TOKENS,
        rows_bytes=settings.SAFELENS_ROWS_BYTES,
        cache_bytes=settings.SAFELENS_CACHE_BYTES,
        deterministic=settings.SAFELENS_DETERMINISTIC,
        compile=settings.SAFELENS_COMPILE,
        int8=settings.SAFELENS_INT8,
        url="" if here else settings.SAFELENS_ENGINE_URL,
        key=settings.SAFELENS_ENGINE_KEY,
    )
