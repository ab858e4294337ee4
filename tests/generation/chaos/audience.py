"""People who ask and read while the site falls down around them, and what they were told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import InvalidHandshake

from tests.client import Client, Closed, steps_of
from tests.contract import Frame, Order

PROMPTS = ["How often should I water it?", "Mars is red 🌱, why?", "Café?", "Tell me about the rain. " * 6]
COMES_BACK = (None, 1006, 1011, 4410)  # close codes after which a client connects anew
NOBODY_THERE = 0.05  # seconds between two tries to connect


class Counter:
    """Of the steps that all readers have seen."""

    def __init__(self) -> None:
        self._seen = 0
        self._awaited: list[tuple[int, asyncio.Event]] = []

    def add(self, steps: int) -> None:
        self._seen += steps
        for goal, event in self._awaited:
            if self._seen >= goal:
                event.set()

    async def more(self, steps: int) -> None:
        event = asyncio.Event()
        self._awaited.append((self._seen + steps, event))
        await event.wait()


@dataclass(slots=True)
class Answer:
    """A run as its reader saw it, over however many sockets."""

    asked: dict[str, Any]  # the message that began it
    run: Frame
    after: int  # the cursor that it was read from
    frames: list[Frame] = field(default_factory=list)

    @property
    def steps(self) -> list[Frame]:
        return steps_of(self.frames)

    @property
    def last(self) -> Frame:
        return self.frames[-1]


class Person:
    """Asks and reads one run after the other, over one socket at a time."""

    def __init__(self, token: str, address: Callable[[], str], seen: Counter, seed: int) -> None:
        self.answers: list[Answer] = []
        self.client: Client | None = None
        self._token, self._address, self._seen = token, address, seen
        self._random = random.Random(seed)

    async def stay(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await self.ask(self._something())

    async def ask(self, message: dict[str, Any]) -> Answer:
        answer: Answer | None = None
        order = Order(-1)
        while True:
            try:
                async with Client(self._address(), token=self._token) as self.client:
                    if answer is None:
                        frame = await self.client.ask(**message)
                        if frame["type"] == "error":
                            self._allow(frame)
                            continue
                        answer = Answer(message, frame["run"], message.get("at", 0) - 1)
                        order = Order(answer.after)
                    else:
                        await self.client.send("subscribe", run=answer.run["id"], after=order.reached)
                    await self._read(self.client, answer, order)
                    if order.ended:
                        self.answers.append(answer)
                        return answer
            except Closed as end:
                if end.code not in COMES_BACK:
                    raise
            except (OSError, EOFError, InvalidHandshake):
                pass
            await asyncio.sleep(NOBODY_THERE)

    async def _read(self, client: Client, answer: Answer, order: Order) -> None:
        """Until the run's end, or until the server says that it can't be read now."""
        while not order.ended:
            frame = await client.until(lambda frame: frame.get("run") == answer.run["id"] or "code" in frame)
            if frame["type"] == "error":
                self._allow(frame)
                return
            order.take(frame)
            answer.frames.append(frame)
            if frame["type"] == "steps":
                self._seen.add(len(frame["steps"]))

    @staticmethod
    def _allow(frame: Frame) -> None:
        assert frame["code"] == "failed", frame  # the database is away, and nothing else is wrong

    def _something(self) -> dict[str, Any]:
        dice = self._random
        settings = {"seed": dice.getrandbits(60), "delay": dice.choice([0.01, 0.02, 0.03])}
        if len(self.answers) == 1 or (
            self.answers and dice.random() < 0.3
        ):  # each person branches at least once
            parent = dice.choice(self.answers)
            at = dice.randint(0, parent.last["steps"])
            edit = dice.choice([{}, {"text": " a little plant"}])
            return {"type": "branch", "run": parent.run["id"], "at": at, "settings": settings, **edit}
        settings |= {"k": dice.randint(2, 12), "max_new_tokens": dice.randint(20, 90)}
        return {"type": "generate", "prompt": dice.choice(PROMPTS), "settings": settings}
