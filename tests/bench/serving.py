"""An engine for a bench model, and what the measurements do with it again and again."""

from __future__ import annotations

import random
from typing import Any

import torch

from generation.engine import Request
from generation.engine.build import build
from generation.engine.control import Control
from generation.engine.forward import Row, Span
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.probes import ProbeBank
from tests.bench.shapes import Shape, model_of, tokenizer_of

USERS = 16


class Bench:
    """One model; engines over it share its weights."""

    def __init__(self, shape: Shape, threads: int) -> None:
        torch.set_num_threads(threads)
        self.shape, self.threads = shape, threads
        self.model = model_of(shape)
        self.tokenizer = tokenizer_of(shape)
        self._random = random.Random(1)
        self.runs = 0

    def twin(self) -> Any:
        """The same weights as Hugging Face runs them: its own attention, plain linear layers."""
        twin = model_of(self.shape)
        twin.load_state_dict(self.model.state_dict())
        return twin

    def engine(self, probes: ProbeBank | None = None, *, deterministic: bool = False) -> InProcessEngine:
        built = build(self.model, Limits(), probes, deterministic=deterministic)
        if not built.packed:
            raise SystemExit(built.notice)
        return built.engine

    def text(self, length: int) -> list[int]:
        return [self._random.randrange(self.shape.vocabulary) for _ in range(length)]

    def submit(
        self, engine: InProcessEngine, context: list[int], control: Control | None = None, **more: Any
    ) -> str:
        """A run of an owner of its own, unless the settings name one."""
        self.runs += 1
        name = str(self.runs)
        settings: dict[str, Any] = {"owner": name, "seed": self.runs, **more}
        engine.submit(Request(id=name, context=tuple(context), **settings), control)
        return name

    def decoding(
        self, engine: InProcessEngine, users: int, length: int = 64, k: int = 50, **more: Any
    ) -> list[str]:
        """So many runs, their prompts read, in the middle of long answers."""
        names = [self.submit(engine, self.text(64), max_new=3000, k=k, **more) for _ in range(users)]
        begun: set[str] = set()
        while len(begun) < users:
            begun |= {step.id for step in engine.steps()}
        for _ in range(3):
            engine.steps()
        return names


def stop(engine: InProcessEngine, names: list[str]) -> None:
    for name in names:
        engine.cancel(name)
    engine.steps()


class Rows:
    """Rows of a forward, to time the bare pass in the same shape as an engine's step."""

    def __init__(self, bench: Bench, engine: InProcessEngine, users: int, length: int = 64) -> None:
        self.forward = engine.forward
        self.rows: list[Row] = [self.forward.open() for _ in range(users)]
        for row in self.rows:
            self.forward.run([Span(row, 0, bench.text(length), 1)])
        self.position = length

    def step(self) -> None:
        self.forward.run([Span(row, self.position, [5], 1) for row in self.rows])
        self.position += 1

    def close(self) -> None:
        for row in self.rows:
            self.forward.close(row)
