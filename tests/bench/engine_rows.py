"""The rows of the table in the engine's specification that need no browser."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from statistics import median

import numpy as np
import torch
from transformers import DynamicCache

from generation.chunks import StepRecord, encode
from generation.engine import Step
from generation.engine.inprocess import InProcessEngine
from generation.protocol import Origin
from generation.text.build import build_pieces
from generation.text.decoder import Decoder
from tests.bench import seed
from tests.bench.guard_rows import probes_for
from tests.bench.rows import Row
from tests.bench.serving import USERS, Bench, Rows, stop
from tests.bench.timing import no_collection, ratio, seconds

PROMPT, K = 32, 30
FLUSH = 0.04  # seconds of steps that go into one block, as in the worker
_REPEATS = 5


def throughput(bench: Bench, least_alone: float, least_together: float, answer: int) -> Iterator[Row]:
    """Each user asks (32 tokens), gets an answer, and branches in its middle for half as much again.

    The engine also makes texts and bytes of it all, as the worker does. The seed has every core, as torch
    gives it; the engine as many threads as it takes by itself.
    """
    contexts = [bench.text(PROMPT) for _ in range(USERS)]
    plain = bench.twin()
    engine = bench.engine()
    branch = answer // 2

    def ours() -> None:
        finishing, said = Finishing(bench), {}
        for context in contexts:
            said[bench.submit(engine, context, max_new=answer, k=K)] = list(context)
        branched: set[str] = set()
        while engine.pause is not None:
            steps = engine.steps()
            finishing.take([step for step in steps if step.end is None])
            for step in steps:
                if step.end is None:
                    said[step.id].append(step.token)
                elif step.id not in branched:
                    half = [*said[step.id][: PROMPT + branch], 7]
                    branched.add(bench.submit(engine, half, max_new=branch, k=K, owner=step.id))
                    said[str(bench.runs)] = half

    def theirs(users: int, at_once: int) -> float:
        torch.set_num_threads(os.cpu_count() or 1)
        taken = seconds(
            lambda: seed.serve(plain, bench.tokenizer, contexts[:users], answer, branch, K, at_once)
        )
        torch.set_num_threads(bench.threads)
        return taken / users * USERS

    ours()
    alone, together = [], []
    for _ in range(_REPEATS):
        mine = seconds(ours)
        alone.append(theirs(2, 1) / mine)
        together.append(theirs(USERS, USERS) / mine)
    of_16 = f"{bench.shape.label}: 16 users"
    yield Row(f"{of_16}' throughput / seed, one at a time", median(alone), least_alone, True, " ×")
    yield Row(f"{of_16} at once / seed with 16 at once", median(together), least_together, True, " ×")


class Finishing:
    """What the worker adds to a step: texts, and blocks of bytes every 40 ms."""

    def __init__(self, bench: Bench) -> None:
        self._pieces = build_pieces(bench.tokenizer, bench.shape.vocabulary)
        self._decoders: dict[str, Decoder] = {}
        self._records: dict[str, list[StepRecord]] = {}
        self._flushed = time.perf_counter()

    def take(self, steps: list[Step]) -> None:
        for step in steps:
            decoder = self._decoders.get(step.id)
            if decoder is None:
                decoder = self._decoders[step.id] = Decoder(self._pieces)
            record = StepRecord(
                step.token, decoder.feed(step.token), Origin.SAMPLED, step.logprob, step.p, step.rank,
                step.entropy, 0, step.top_ids, step.top_logprobs, step.top_p, step.scores,
            )  # fmt: skip
            self._records.setdefault(step.id, []).append(record)
        if time.perf_counter() - self._flushed >= FLUSH:
            for records in self._records.values():
                encode(0, records)
            self._records.clear()
            self._flushed = time.perf_counter()


def whole_step(bench: Bench, most: float) -> Iterator[Row]:
    bank = probes_for(bench, 1)
    for users in (1, USERS):
        engine = bench.engine(bank)
        finishing = Finishing(bench)
        names = bench.decoding(engine, users, probes=bank.names)
        rows = Rows(bench, engine, users)

        def whole(engine: InProcessEngine = engine, finishing: Finishing = finishing) -> None:
            finishing.take([step for step in engine.steps() if step.end is None])

        figure = ratio(whole, rows.step, 150)
        stop(engine, names)
        yield Row(f"{bench.shape.label}, {users} users: whole step / bare forward", figure, most)


def packed_against_plain(bench: Bench) -> Iterator[Row]:
    """One user at about 200 tokens; both caches grow by one token a round."""
    engine = bench.engine()
    tokens = bench.text(200)
    mine = Rows(bench, engine, 1, 200)
    plain = bench.twin()
    cache = DynamicCache(config=plain.config)
    with torch.inference_mode():
        plain(input_ids=torch.tensor([tokens]), past_key_values=cache, use_cache=True)

    @torch.inference_mode()
    def theirs() -> None:
        plain(input_ids=torch.tensor([[5]]), past_key_values=cache, use_cache=True)

    yield Row(
        f"{bench.shape.label}: packed forward / Hugging Face DynamicCache forward",
        ratio(mine.step, theirs, 100),
        1.05,
    )


def sixteen_against_one(bench: Bench) -> Iterator[Row]:
    engine = bench.engine()
    one, many = Rows(bench, engine, 1), Rows(bench, engine, USERS)
    yield Row(f"{bench.shape.label}: step with 16 users / with 1", ratio(many.step, one.step, 15), 1.25)


def branch(bench: Bench) -> Iterator[Row]:
    """A run of 1,000 tokens and an answer ends; a branch in its middle makes its first step."""
    engine = bench.engine()
    context, branches, decodes = bench.text(1000), [], []
    parent: list[int] = list(context)
    bench.submit(engine, context, max_new=40)
    owner = str(bench.runs)
    while engine.pause is not None:
        parent += [step.token for step in engine.steps() if step.end is None]
    for turn in range(12):
        name = bench.submit(engine, [*parent[: 1020 + turn], 7], max_new=30, owner=owner)
        with no_collection():
            branches.append(seconds(engine.steps))
            decodes += [seconds(engine.steps) for _ in range(5)]
        stop(engine, [name])
    figure = median(branches[2:]) / median(decodes[10:])
    yield Row(f"{bench.shape.label}: first step of a branch at 1,000 tokens / decode step", figure, 1.1)


def differing_bits(bench: Bench) -> Iterator[Row]:
    """The same run alone, and among 15 others of other lengths that come and go."""

    def numbers(others: int) -> list[bytes]:
        engine = bench.engine(deterministic=True)
        first = bench.submit(engine, context, max_new=40, k=50, seed=7)
        for number in range(others):
            bench.submit(engine, texts[number], max_new=5 + 3 * number, k=50)
        found: list[bytes] = []
        while engine.pause is not None:
            found += [
                step.top_logprobs.tobytes() + np.float32(step.logprob).tobytes()
                for step in engine.steps()
                if step.id == first and step.end is None
            ]
        return found

    context, texts = bench.text(100), [bench.text(20 + 9 * number) for number in range(15)]
    alone, among = numbers(0), numbers(15)
    bits = sum(
        int(np.unpackbits(np.frombuffer(a, np.uint8) ^ np.frombuffer(b, np.uint8)).sum())
        for a, b in zip(alone, among, strict=True)
    )
    yield Row(f"{bench.shape.label}: differing bits in deterministic mode, alone / among 16", bits, 0)
