"""The baseline: the predecessor's way of serving, written plainly.

A generate-style loop over Hugging Face's own cache, one run at a time; the alternatives are decoded one
by one, and each token goes out as a line of JSON; the cache is dropped at a branch, so the whole context is
read again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch


@torch.inference_mode()
def generate(
    model: Any, tokenizer: Any, context: list[int], max_new: int, k: int, seed: int
) -> Iterator[tuple[int, str]]:
    rng = np.random.default_rng(seed)
    cache, new = None, torch.tensor([context])
    for index in range(max_new):
        out = model(input_ids=new, past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        values, ids = torch.topk(out.logits[0, -1].float(), k)
        probs = torch.softmax(values, -1).numpy().astype(np.float64)
        probs /= probs.sum()
        choice = int(rng.choice(k, p=probs))
        texts = [tokenizer.decode([int(token)]) for token in ids]
        line = {
            "idx_counter": index,
            "texts": texts,
            "token_ids": ids.tolist(),
            "probs": probs.tolist(),
            "selected_idx": choice,
            "selected_text": texts[choice],
        }
        yield int(ids[choice]), json.dumps(line)
        new = ids[choice].view(1, 1)


def serve(
    model: Any, tokenizer: Any, contexts: list[list[int]], answer: int, branch: int, k: int, at_once: int
) -> None:
    """Each user gets an answer, then branches in its middle; as many threads as are served `at_once`."""

    def one(number: int) -> None:
        context = contexts[number]
        said = [token for token, _ in generate(model, tokenizer, context, answer, k, number)]
        half = [*context, *said[: answer // 2], 7]
        for _ in generate(model, tokenizer, half, branch, k, number):
            pass

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, range(len(contexts))))
