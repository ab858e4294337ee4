"""Whole workers over a model without weights, and what comes of their runs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from django.utils import timezone

from generation.bus import Bus
from generation.engine.forward import Span
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.scripted import ScriptedForward
from generation.models import Context, Run
from generation.protocol import Finished, ServerMessage, Settings, Started, Steps
from generation.replay import Reader
from generation.served import Served
from generation.text.build import build_pieces
from generation.text.conversation import Conversation, Encoded
from generation.text.ends import end_ids
from generation.text.pieces import Pieces
from generation.worker.body import Worker
from tests import patience
from tests.generation.saved import MODEL, read_all
from tests.tiny import CHATML, tiny_tokenizer

FINGERPRINT = "scripted"
Watch = Callable[[Sequence[Span]], bool]  # sees each pass before it is done


@cache
def texts(template: str | None) -> tuple[Pieces, Conversation, frozenset[int]]:
    tokenizer = tiny_tokenizer(template=template)
    pieces = build_pieces(tokenizer, len(tokenizer))
    return pieces, Conversation(tokenizer, pieces), end_ids(tokenizer, None, None)


def served(
    watch: Watch | None = None,
    places: int = 4,
    *,
    template: str | None = CHATML,
    fingerprint: str = FINGERPRINT,
    positions: int = 4096,
) -> Served:
    pieces, conversation, ends = texts(template)
    forward = ScriptedForward(len(pieces), positions, fail_when=watch)
    engine = InProcessEngine(forward, Limits(places))
    return Served(MODEL, fingerprint, engine, pieces, conversation, ends, ())


class Working:
    """A worker in a thread of its own."""

    def __init__(
        self,
        bus: Bus,
        one: Served | None = None,
        places: int = 4,
        stuck: Callable[[], None] | None = None,
        interval: float = 0.002,
    ) -> None:
        model = one or served(places=places)
        self.ready = threading.Event()
        self.problem: BaseException | None = None
        self.worker = Worker(
            bus,
            model.name,
            lambda: model,
            places,
            ready=lambda _: self.ready.set(),
            stuck=stuck,
            interval=interval,
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self.ready.wait(patience.SECONDS)

    @property
    def name(self) -> str:
        return self.worker.name

    def _run(self) -> None:
        try:
            self.worker.run()
        except BaseException as problem:
            self.problem = problem

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def wait(self, seconds: float = patience.SECONDS) -> None:
        """Until it has ended by itself."""
        self._thread.join(seconds)
        assert not self._thread.is_alive()

    def end(self, grace: float = 20) -> None:
        self.worker.stop(grace)
        self.wait(grace + patience.SECONDS)


@contextmanager
def working(bus: Bus, one: Served | None = None, places: int = 4) -> Iterator[Working]:
    made = Working(bus, one, places)
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


def alone(context: Sequence[int], settings: dict[str, Any], forced: Sequence[int] = ()) -> list[int]:
    """The tokens that an engine gives without any worker around it."""
    one = served()
    encoded = Encoded(tuple(context), tuple(forced))
    one.engine.submit(one.request("alone", "", encoded, Settings().with_given(settings)))
    tokens: list[int] = []
    while one.engine.pause is not None:
        tokens += [step.token for step in one.engine.steps() if step.end is None]
    return tokens


def context_of(run: Run) -> list[int]:
    """What the database has as the context of the run's turn."""
    blob = Context.objects.get(turn=run.turn, fingerprint=FINGERPRINT).ids
    return list(np.frombuffer(bytes(blob), "<u4").tolist())


def expire() -> None:
    """As time does with the leases of an engine that is gone."""
    Run.objects.filter(status="running").update(lease_until=timezone.now() - timedelta(seconds=1))


def finish(run: Run | str, bus: Bus) -> Told:
    """By a worker that does nothing else."""
    with working(bus):
        return told(run)


class Killed(BaseException):
    """Stands for kill -9: no code of the worker's sees it coming, or handles it."""


class KillAt:
    """Before the n-th pass."""

    def __init__(self, n: int) -> None:
        self.left = n

    def __call__(self, spans: Sequence[Span]) -> bool:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return False


class Sleep:
    """The pass after `passes` waits until somebody says `awake`, as in a process that is stopped."""

    def __init__(self, passes: int) -> None:
        self.left = passes
        self.reached, self.awake = threading.Event(), threading.Event()

    def __call__(self, spans: Sequence[Span]) -> bool:
        self.left -= 1
        if self.left < 0:
            self.reached.set()
            assert self.awake.wait(patience.SECONDS)
        return False


def pause_until(condition: Callable[[], bool], seconds: float = patience.SECONDS) -> None:
    """For what no event tells: a row that another thread changes."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it didn't come"
        threading.Event().wait(0.005)
