"""What each message of a client does, and the subscriptions that come of it.

Ids are looked up among the user's own runs and studies, so that somebody else's and one that never existed
get the same answer. Nothing here outlives the socket: a run goes on without it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from channels.db import database_sync_to_async

from generation import engines, lineage, messages, runs
from generation.begin import Asking, begin, find_run
from generation.limits import Refused
from generation.models import Run
from generation.protocol import (
    Accepted,
    Ack,
    Branch,
    Cancel,
    ClientMessage,
    Close,
    Code,
    Error,
    Finished,
    Generate,
    Gone,
    Ping,
    Pong,
    RunJson,
    Score,
    ServerMessage,
    Subscribe,
    Unsubscribe,
    dump,
)
from generation.protocol.client import MAX_REF
from generation.protocol.fields import is_whole_text
from generation.socket import metrics
from generation.socket.pump import Pump
from generation.worker.start import ensure_embedded

MOST_RUNS = 256  # that one socket follows at once
MOST_KNOWN = 4096  # runs whose acks one socket can still tell from mistakes
FAILED = "The server couldn't do it; try again."

log = logging.getLogger(__name__)


class Conversation:
    """Takes one message after the other, in their order; the pumps go on meanwhile."""

    def __init__(
        self,
        user: int,
        say: Callable[[bytes], Awaitable[None]],
        close: Callable[[Close], Awaitable[None]],
        token: int = 0,
    ) -> None:
        """`token`: the API token that the socket was opened with, by its row; 0: a log-in."""
        self._user = user
        self._token = token
        self._say_frame = say
        self._close = close
        self._pumps: dict[str, Pump] = {}
        self._reached: dict[str, int] = {}  # the last step ever sent of a run

    async def take(self, message: ClientMessage) -> None:
        """Answers, whatever happens: what goes wrong inside is an `error`, and the socket stays open."""
        try:
            await self._answer(message)
        except Refused as problem:
            await self._say(_error(message, problem))
        except Exception:
            log.exception("A message of the type %s could not be answered.", message.type)
            await self._say(Error(code=Code.FAILED, message=FAILED, ref=message.ref))

    async def end(self) -> None:
        pumps, self._pumps = list(self._pumps.values()), {}
        await asyncio.gather(*(pump.stop() for pump in pumps))

    async def _answer(self, message: ClientMessage) -> None:
        match message:
            case Generate() | Branch() | Score():
                await self._begin(message)
            case Cancel():
                await self._cancel(message)
            case Subscribe():
                await self._subscribe(message)
            case Unsubscribe():
                await self._unsubscribe(message)
            case Ack():
                await self._ack(message)
            case Ping():
                await self._say(Pong(ref=message.ref))

    async def _begin(self, message: Generate | Branch | Score) -> None:
        asked = time.monotonic()
        self._make_room()
        described, at = await database_sync_to_async(_begun)(self._user, self._token, message)
        await self._say(Accepted(run=described, ref=message.ref))
        self._follow(described["id"], at - 1, asked=asked)

    async def _cancel(self, message: Cancel) -> None:
        """The end answers it, behind all steps that this socket is still to get."""
        refs = [] if message.ref is None else [message.ref]
        pump = self._pumps.get(message.run)
        if pump is not None and (pump.ends or not pump.live):
            pump = None
        if pump is not None:
            pump.refs += refs
        answer = await database_sync_to_async(_cancelled)(self._user, message)
        if pump is not None:
            return
        if isinstance(answer, Finished):
            await self._say(answer)
        else:
            # Its end is told here too, although the socket doesn't follow it.
            self._make_room()
            self._follow(message.run, answer, end_alone=True)
            self._pumps[message.run].refs += refs

    async def _subscribe(self, message: Subscribe) -> None:
        if not self._is_live(message.run):
            self._make_room()
        end = await database_sync_to_async(_steps_of)(self._user, message.run)
        if end is None:
            await self._drop(message.run)
            await self._say(Gone(run=message.run, ref=message.ref))
            return
        if message.after >= end:
            sentence = f"This run has {end} steps: after may be at most {end - 1}."
            await self._say(_error(message, Refused(Code.INVALID, sentence, "after")))
            await self._close(Close.UNREADABLE)
            return
        if message.after >= 0:
            metrics.RECONNECTS.inc()
        await self._drop(message.run)
        self._follow(message.run, message.after)

    async def _unsubscribe(self, message: Unsubscribe) -> None:
        if message.run in self._pumps:
            await self._drop(message.run)
        elif message.run not in self._reached:
            await database_sync_to_async(find_run)(self._user, message.run)

    async def _ack(self, message: Ack) -> None:
        pump = self._pumps.get(message.run)
        if pump is not None:
            self._note(pump)
        reached = self._reached.get(message.run)
        if reached is None:
            await database_sync_to_async(find_run)(self._user, message.run)
            raise Refused(Code.INVALID, "Nothing of this run was sent here.", "run")
        if message.i > reached:
            raise Refused(Code.INVALID, f"No step above {reached} was sent here.", "i")
        if pump is not None:
            pump.window.ack(message.i)

    def _follow(self, run: str, after: int, *, asked: float | None = None, end_alone: bool = False) -> None:
        async def too_slow() -> None:
            metrics.SLOW.inc()
            await self._close(Close.TOO_SLOW)

        pump = Pump(run, after, self._say_frame, too_slow, asked=asked, end_alone=end_alone)
        self._pumps[run] = pump
        self._note(pump)

    async def _drop(self, run: str) -> None:
        pump = self._pumps.pop(run, None)
        if pump is not None:
            await pump.stop()
            self._note(pump)

    def _note(self, pump: Pump) -> None:
        known = max(self._reached.pop(pump.run, -1), pump.window.sent)
        self._reached[pump.run] = known
        if len(self._reached) > MOST_KNOWN:
            del self._reached[next(iter(self._reached))]

    def _is_live(self, run: str) -> bool:
        return run in self._pumps and self._pumps[run].live

    def _make_room(self) -> None:
        """For one more run. Raises Refused where the socket follows too many."""
        for run, pump in list(self._pumps.items()):
            if not pump.live:
                self._note(self._pumps.pop(run))
        if len(self._pumps) >= MOST_RUNS:
            raise Refused(Code.BUSY, f"This socket follows {MOST_RUNS} runs: unsubscribe from one first.")

    async def _say(self, message: ServerMessage) -> None:
        await self._say_frame(dump(message))


def _begun(user: int, token: int, message: Generate | Branch | Score) -> tuple[RunJson, int]:
    run = begin(Asking(user, engines.offered(), token), message)
    shared = lineage.text(run.id) if run.parent_id else ""
    ensure_embedded()
    return messages.run_json(run, run.at, shared), run.at


def _cancelled(user: int, message: Cancel) -> Finished | int:
    """The end of a run that has ended; else the last step that is recorded now."""
    run = find_run(user, message.run)
    if run.status == Run.Status.FINISHED:
        return messages.finished(run, message.ref)
    runs.cancel(run.id)
    return lineage.recorded(run.id, run.at).steps - 1


def _steps_of(user: int, run_id: str) -> int | None:
    """How many steps the run has by now; None where they were deleted."""
    run = find_run(user, run_id)
    if run.gone is not None:
        return None
    if run.status == Run.Status.FINISHED:
        return run.steps
    ensure_embedded()
    return lineage.recorded(run.id, run.at).steps


def _error(message: ClientMessage, problem: Refused) -> Error:
    about = getattr(message, "run", None)
    return Error(
        code=problem.code,
        message=str(problem),
        ref=message.ref,
        run=about if isinstance(about, str) and _fits(about) else None,
        field=problem.field or None,
        retry_after=problem.retry_after,
    )


def _fits(run: str) -> bool:
    """Whether what a client takes for an id can be sent back: the answer doesn't tell if it could be one."""
    return len(run) <= MAX_REF and is_whole_text(run)
