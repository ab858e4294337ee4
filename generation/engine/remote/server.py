"""A server as the engine sees it: asks, reads, and believes only what can be true."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any

from generation.engine.remote.courier import Courier
from generation.engine.remote.dialect import Dialect
from generation.engine.remote.failures import Broken, Failure, Refused
from generation.engine.remote.told import Answer, Question
from generation.engine.remote.witness import Witness


class Asked:
    """A question on its way."""

    def __init__(self, server: Server, question: Question, future: Future[Any]) -> None:
        self.question = question
        self._server, self.future = server, future

    @property
    def is_done(self) -> bool:
        return self.future.done()

    def cancel(self) -> None:
        self.future.cancel()

    def answer(self) -> Answer:
        """Of one that is done. Raises a Failure."""
        try:
            return self._server.read(self.future.result(), self.question)
        except CancelledError:
            raise Broken("the question was withdrawn") from None


@dataclass(frozen=True, slots=True)
class Server:
    courier: Courier
    dialect: Dialect
    vocabulary: int
    most_tokens: int  # of a text with its answer
    layers: frozenset[int] = frozenset()  # that probes may read: the last one's two names, or none
    notices: tuple[str, ...] = ()
    witness: Witness | None = field(default=None)  # None: nothing may read hidden states

    @property
    def trouble(self) -> str:
        return self.courier.trouble

    def ask(self, question: Question) -> Asked:
        return Asked(self, question, self.courier.post(self.dialect.path, self.dialect.body(question)))

    def read(self, said: Any, question: Question) -> Answer:
        try:
            answer = self.dialect.read(said, question)
        except Failure:
            raise
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as problem:
            raise Broken(f"an answer that can't be read: {problem!r}") from problem
        if question.hidden:
            if self.witness is None:
                raise Refused("nothing tells whether a hidden state is the right one")
            for one in answer.lines:
                self.witness.examine(one)
        return answer

    def close(self) -> None:
        self.courier.close()
