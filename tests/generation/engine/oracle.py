"""What a run must say when it is alone, written the slow and obvious way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from generation.engine import Request
from generation.engine.gumbel import gumbel, keys_of
from tests.generation.engine.driving import Plain

Floats = npt.NDArray[np.float64]


def chances(logprobs: Floats, request: Request) -> Floats:
    """Of the whole vocabulary, by Hugging Face's own processors in their own order."""
    if request.temperature == 0:
        certain = np.zeros_like(logprobs)
        certain[logprobs.argmax()] = 1.0
        return certain
    warpers = LogitsProcessorList([TemperatureLogitsWarper(request.temperature), TopKLogitsWarper(request.k)])
    if request.top_p < 1:
        warpers.append(TopPLogitsWarper(request.top_p))
    if request.min_p > 0:
        warpers.append(MinPLogitsWarper(request.min_p))
    warped = warpers(torch.zeros(1, 1, dtype=torch.long), torch.from_numpy(logprobs)[None])
    return np.asarray(warped[0].softmax(-1).numpy())


def choice(p: Floats, request: Request, position: int) -> int:
    """Gumbel-max over the whole vocabulary."""
    ids = np.arange(len(p), dtype=np.uint64)[None]
    noise = gumbel(keys_of(np.array([request.seed], np.uint64)), np.array([position], np.uint64), ids)[0]
    with np.errstate(divide="ignore"):
        return int((np.log(p) + noise).argmax())


def answer(plain: Plain, request: Request) -> list[int]:
    """The tokens of the whole run, forced ones included."""
    text = [*request.context, *request.forced]
    generator = np.random.default_rng(request.seed)
    for _ in range(request.max_new):
        logprobs = plain.after(text)
        if request.predecessor_draw:
            token = predecessor(logprobs, request, generator)
        else:
            token = choice(chances(logprobs, request), request, len(text))
        text.append(token)
        if token in request.stop:
            break
    return text[len(request.context) :]


def predecessor(logprobs: Floats, request: Request, generator: np.random.Generator) -> int:
    """As it drew: single-precision softmax over the k best, then numpy's choice."""
    best = np.argsort(-logprobs, kind="stable")[: request.k]
    p = torch.from_numpy(logprobs[best].astype(np.float32) / np.float32(request.temperature)).softmax(-1)
    wide = p.double().numpy()
    return int(best[generator.choice(len(best), p=wide / wide.sum())])
