"""The sockets of this process, and the one ear with which they hear of revocations.

The channel layer carries rare control messages only: "look whether you may stay". Which socket that concerns
is read from the database by the socket itself, so a message too many harms nothing, and one that is lost
(Redis was away) is made good by the look that every socket takes in each minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict

from channels.layers import get_channel_layer
from django.conf import settings

from generation.socket import metrics

GROUP = "safelens.sockets"
READY = 1.0  # seconds that a new socket waits for the ear
AGAIN = 1.0  # seconds between tries while the channel layer is away
RENEW = 3600.0  # seconds after which the group is joined anew: layers forget members

log = logging.getLogger(__name__)


class Roster:
    """Belongs to the event loop that serves the sockets. Every `come` is followed by one `leave`."""

    def __init__(self) -> None:
        self._present = 0  # let in or not
        self._looks: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._ear: asyncio.Task[None] | None = None
        self._hears = asyncio.Event()

    def count(self, user: int) -> int:
        return len(self._looks.get(user, ()))

    async def come(self) -> None:
        """To be awaited before a socket's rights are read, so that nothing is missed between the two."""
        self._present += 1
        if self._ear is None:
            self._hears = asyncio.Event()
            self._ear = asyncio.create_task(self._listen(self._hears), name="revocations")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hears.wait(), READY)

    def enter(self, user: int, look: asyncio.Event) -> bool:
        """Whether there is still room for this user; `look` is set when the socket should look."""
        if self.count(user) >= settings.SAFELENS_USER_SOCKETS:
            return False
        self._looks[user].add(look)
        metrics.OPEN.inc()
        return True

    def leave(self, user: int | None, look: asyncio.Event) -> None:
        self._present -= 1
        if user is not None and look in self._looks.get(user, ()):
            metrics.OPEN.dec()
            self._looks[user].remove(look)
            if not self._looks[user]:
                del self._looks[user]
        if not self._present and self._ear is not None:
            self._ear.cancel()
            self._ear = None

    async def _listen(self, hears: asyncio.Event) -> None:
        while True:
            try:
                await self._listen_on(hears)
            except Exception as problem:
                log.warning("Sockets can't hear of revocations for now: %s", problem)
            hears.clear()
            await asyncio.sleep(AGAIN)

    async def _listen_on(self, hears: asyncio.Event) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        hearing: asyncio.Task[dict[str, int]] | None = None
        try:
            while True:
                await layer.group_add(GROUP, channel)
                hearing = hearing or asyncio.create_task(layer.receive(channel))
                hears.set()
                if await asyncio.wait({hearing}, timeout=RENEW) == (set(), {hearing}):
                    continue
                said, hearing = hearing.result(), None
                for look in self._looks.get(said["user"], ()):
                    look.set()
        finally:
            if hearing is not None:
                hearing.cancel()
                await asyncio.wait({hearing})
            with contextlib.suppress(Exception):
                await layer.group_discard(GROUP, channel)


the_roster = Roster()
