"""Those who wait are told their place, and each change of it."""

import asyncio

import pytest
from channels.db import database_sync_to_async

from generation import replay, runs
from generation.protocol import Reason, Subscribe
from generation.recorder import Recorder
from generation.socket.conversation import Conversation
from tests import patience
from tests.contract import Frame
from tests.generation import saved
from tests.generation.socket.ends import Ends


@pytest.mark.django_db(transaction=True)
def test_a_place_in_the_queue_is_told_and_told_again_when_it_changes(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "WAITING", 0.05)
    first, second, third = (saved.new_run() for _ in range(3))

    async def story() -> list[Frame]:
        ends = Ends()
        talk = Conversation(third.owner_id, ends.say, ends.close)
        await talk.take(Subscribe(run=third.id))
        await ends.nth(0)
        await database_sync_to_async(runs.cancel)(first.id)
        await ends.nth(1)
        await database_sync_to_async(runs.cancel)(second.id)
        await ends.nth(2)
        await database_sync_to_async(runs.cancel)(third.id)
        await asyncio.wait_for(ends.ended.wait(), patience.SECONDS)
        await talk.end()
        return ends.frames

    *waiting, end = asyncio.run(story())
    assert waiting == [{"type": "queued", "run": third.id, "position": place} for place in (3, 2, 1)]
    assert (end["type"], end["reason"], end["steps"]) == ("finished", Reason.CANCELLED, 0)
