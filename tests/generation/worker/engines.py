"""Whole workers over a model without weights, and what comes of their runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from generation.bus import Bus
from generation.engine.forward import Span
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.scripted import ScriptedForward
from generation.models import Run
from generation.protocol import Finished, ServerMessage, Started, Steps
from generation.replay import Reader
from generation.served import Served
from generation.text.build import build_pieces
from generation.text.conversation import Conversation
from generation.text.ends import end_ids
from generation.text.pieces import Pieces
from generation.worker.body import Worker
from tests.generation.saved import MODEL, read_all
from tests.tiny import CHATML, tiny_tokenizer

FINGERPRINT = "scripted"
Watch = Callable[[list[Span]], bool]


@dataclass
class Script:
    """What happens in the engine's passes: `watch` sees each before it is done, and may stop the world."""

    watch: Watch | None = None
    passes: int = 0
    forwards: list[ScriptedForward] = field(default_factory=list)

    def __call__(self, spans: object) -> bool:
        self.passes += 1
        return self.watch is not None and self.watch(list(spans))  # type: ignore[call-overload, no-any-return]


@cache
def texts(template: str | None) -> tuple[Pieces, Conversation, frozenset[int]]:
    tokenizer = tiny_tokenizer(template=template)
    pieces = build_pieces(tokenizer, len(tokenizer))
    return pieces, Conversation(tokenizer, pieces), end_ids(tokenizer, None, None)


def served(
    script: Script | None = None,
    places: int = 4,
    *,
    template: str | None = CHATML,
    fingerprint: str = FINGERPRINT,
    positions: int = 4096,
) -> Served:
    pieces, conversation, ends = texts(template)
    forward = ScriptedForward(len(pieces), positions, fail_when=script)
    engine = InProcessEngine(forward, Limits(places))
    return Served(MODEL, fingerprint, engine, pieces, conversation, ends, ())


class Working:
    """A worker in a thread of its own."""

    def __init__(self, bus: Bus, one: Served, places: int = 4) -> None:
        self.ready = threading.Event()
        self.problem: BaseException | None = None
        self.worker = Worker(
            bus, one.name, lambda: one, places, ready=lambda _: self.ready.set(), interval=0.002
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.ready.wait(10)

    @property
    def name(self) -> str:
        return self.worker.name

    def _run(self) -> None:
        try:
            self.worker.run()
        except BaseException as problem:
            self.problem = problem

    def wait(self, seconds: float = 20) -> None:
        """Until it has ended by itself."""
        self._thread.join(seconds)
        assert not self._thread.is_alive()

    def end(self, grace: float = 20) -> None:
        self.worker.stop(grace)
        self.wait(grace + 10)


@contextmanager
def working(bus: Bus, one: Served | None = None, places: int = 4) -> Iterator[Working]:
    made = Working(bus, one or served(places=places), places)
    try:
        yield made
    finally:
        made.end()


class Token(NamedTuple):
    i: int
    id: int
    text: str
    origin: str
    p: float
    rank: int
    top: tuple[int, ...]


@dataclass(frozen=True)
class Told:
    """All that a reader from the beginning was told of a run."""

    messages: list[ServerMessage]

    @property
    def steps(self) -> list[Token]:
        found = [step for message in self.messages if isinstance(message, Steps) for step in message.steps]
        return [
            Token(
                step["i"],
                step["id"],
                step["text"],
                step["origin"],
                step["p"],
                step["rank"],
                tuple(one[0] for one in step["top"]),
            )
            for step in found
        ]

    @property
    def ids(self) -> list[int]:
        return [step.id for step in self.steps]

    @property
    def text(self) -> str:
        return "".join(step.text for step in self.steps)

    @property
    def started(self) -> Started:
        (one,) = (message for message in self.messages if isinstance(message, Started))
        return one

    @property
    def finished(self) -> Finished:
        last = self.messages[-1]
        assert isinstance(last, Finished)
        return last


def told(run: Run | str, after: int = -1) -> Told:
    """Waits for the run's end."""
    name = run if isinstance(run, str) else run.id
    one = Told(asyncio.run(read_all(Reader(name, after))))
    assert [step.i for step in one.steps] == list(range(after + 1, one.finished.steps))
    return one
