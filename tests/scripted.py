"""An engine without a model, for tests of what is around it: `python -m tests.scripted serve|engine`.

`serve` is `manage.py serve` with this engine as the thread that the first run starts, `engine` is the process
beside it in the production form. A step comes from its run's seed, its index and `k` alone, so a test knows
the whole answer beforehand: `max_new_tokens` steps, `delay` seconds apart, up to BURST a tick without one.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace
from queue import SimpleQueue
from types import ModuleType
from typing import Any

TICK = 0.01  # seconds
BURST = 40  # steps of a run in one tick, where it asks for no delay
BEAT = 1.0  # seconds: the tests' sites have a short lease
FINGERPRINT = "scripted"


@dataclass
class Working:
    """A claimed run, on its way."""

    run: Any
    epoch: int
    at: int
    end: int
    due: float

    @property
    def seed(self) -> int:
        return int(self.run.settings["seed"])

    def record(self, i: int) -> Any:
        from generation.protocol import Origin
        from tests.generation import saved

        made = saved.record(self.seed, i, self.run.settings["k"])
        run = self.run
        if run.given:
            word = run.given.split(" ")[i]
            return replace(made, text=f" {word}" if i else word, origin=Origin.GIVEN)
        if run.parent_id and i == run.at and (run.token is not None or run.edit):
            text = run.edit or saved.WORDS[run.token].decode()
            return replace(made, token=run.token or made.token, text=text, origin=Origin.EDIT)
        return made


class Engine:
    """Belongs to one thread; `stop` comes from any."""

    loaded = True
    working_on: type[Working] = Working

    def __init__(self) -> None:
        from django.conf import settings

        from generation.bus import the_bus
        from generation.engines import name_of
        from generation.recorder import Recorder
        from generation.text.pieces import Pieces
        from tests.generation.saved import WORDS

        self.name = f"scripted-{os.getpid()}-{secrets.token_hex(4)}"
        self.model = name_of(settings.SAFELENS_MODEL)
        self.bus = the_bus()
        self.working: dict[str, Working] = {}
        self.finishing: dict[str, int] = {}  # by run: what the recorder is still to end
        self.lost: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self.recorder = Recorder(self.bus, lambda run, epoch: self.lost.put((run, epoch)))
        self.beaten = float("-inf")
        self.ending = threading.Event()
        self.pieces = Pieces(WORDS)

    def stop(self, grace: float) -> None:
        self.ending.set()

    def run(self) -> None:
        from django.db import DatabaseError, connection

        from generation import runs

        listener = self.bus.listen(TICK)
        while not self.ending.is_set():
            heard = {signal.kind for signal in next(listener)}
            now = time.monotonic()
            if now - self.beaten > BEAT or heard:
                self.beaten = now
                try:
                    self.beat()
                    self.claim()
                except DatabaseError:
                    # The tests empty the tables meanwhile: one of two who lock them in another order loses.
                    connection.close()
            for one in list(self.working.values()):
                self.step(one, now)
        self.recorder.close()
        for one in self.working.values():
            runs.hand_over(one.run.id, one.epoch)
        self.bus.leave(self.name)

    def beat(self) -> None:
        from generation import runs
        from generation.bus import Presence
        from generation.protocol import Reason

        presence = Presence(self.name, self.model, FINGERPRINT, loaded=True, running=len(self.working))
        self.bus.beat(presence, BEAT * 3)
        while not self.lost.empty():
            run, epoch = self.lost.get()
            # It may be told late: what has been claimed anew meanwhile is not lost.
            if run in self.working and self.working[run].epoch == epoch:
                self.drop(run)
            if self.finishing.get(run) == epoch:
                del self.finishing[run]
            runs.give_up(run, epoch)
        held = runs.beat(self.name)
        for run, one in list(self.working.items()):
            if run not in held or held[run].epoch != one.epoch:
                self.drop(run)
            elif held[run].cancelling:
                self.finish(one, Reason.CANCELLED)
        self.finishing = {
            run: epoch for run, epoch in self.finishing.items() if run in held and held[run].epoch == epoch
        }
        for run, one_held in held.items():
            if run not in self.working and run not in self.finishing:
                runs.hand_over(run, one_held.epoch)  # claimed just when the database went away

    def drop(self, run: str) -> None:
        self.recorder.drop(run)
        del self.working[run]

    def claim(self) -> None:
        from generation import runs, vocabulary
        from generation.protocol import Started

        # Each time: the tests empty the tables under a running engine.
        vocabulary.keep(FINGERPRINT, self.model, self.pieces)
        for claim in runs.claim(self.name, self.model, FINGERPRINT, 1000):
            run, at = claim.run, claim.recorded.steps
            self.recorder.open(claim)
            if claim.recorded.steps == run.at:
                self.recorder.event(Started(run=run.id, prompt_tokens=3, reused_tokens=0))
            end = len(run.given.split(" ")) if run.given else run.at + run.settings["max_new_tokens"]
            self.working[run.id] = self.working_on(run, claim.epoch, at, end, time.monotonic())

    def step(self, one: Working, now: float) -> None:
        from generation.chunks import encode
        from generation.protocol import Reason

        delay = one.run.settings["delay"]
        due = BURST if not delay else max(0, int((now - one.due) / delay) + 1)
        count = min(due, BURST, one.end - one.at)
        if count:
            self.tell(one, count)
            one.due = max(one.due + delay * count, now - delay)
            t = int((time.time() - one.run.started.timestamp()) * 1000)
            made = [replace(one.record(i), t=max(t, 0)) for i in range(one.at, one.at + count)]
            self.recorder.steps(one.run.id, encode(one.at, made), count)
            one.at += count
        if one.at >= one.end:
            self.finish(one, Reason.LENGTH)

    def tell(self, one: Working, count: int) -> None:
        """Before so many steps are sent: a script may have events there."""

    def finish(self, one: Working, reason: Any) -> None:
        from generation.outcome import Outcome

        del self.working[one.run.id]
        self.finishing[one.run.id] = one.epoch
        text = "".join(one.record(i).text for i in range(one.run.at, one.at))
        usage = {"prompt_tokens": 3, "sampled_tokens": one.at - one.run.at, "forced_tokens": 0}
        self.recorder.finish(one.run.id, Outcome(reason, one.at, text, usage=usage, timings={"total": 1.0}))


def engine_beside(engine: type[Engine] = Engine) -> None:
    import django

    django.setup()
    made = engine()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: made.stop(0))
    made.beat()
    print("The scripted engine is ready.", flush=True)
    made.run()


def serve_with_engine(engine: type[Engine] = Engine) -> None:
    """The thread starts and ends as the real one does; only what it does is this module's."""
    making = ModuleType("generation.worker.making")
    vars(making).update(worker=lambda bus, ready: engine(), CANT_LOAD=())
    sys.modules["generation.worker.making"] = making

    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", "serve"])


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelens_site.settings"
    {"serve": serve_with_engine, "engine": engine_beside}[sys.argv[1]]()
