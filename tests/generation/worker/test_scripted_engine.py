"""The engine of the socket's tests loses no run either: one that it held and didn't work on hung a test."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from generation import engines, lineage, runs
from generation.begin import Asking, begin
from generation.bus import Bus
from generation.models import Run
from generation.protocol import Generate
from tests.generation.saved import user
from tests.scripted import Engine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def engine(bus: Bus) -> Iterator[Engine]:
    made = Engine()
    yield made
    made.recorder.close()


def asked() -> Run:
    return begin(Asking(user(), engines.offered()), Generate(prompt="Hi", settings={"max_new_tokens": 5}))


def state(run: Run) -> tuple[str, int]:
    row = Run.objects.get(id=run.id)
    return row.status, row.epoch


def test_what_is_told_late_of_an_older_claim_doesn_t_touch_the_newer_one(engine: Engine) -> None:
    run = asked()
    engine.claim()
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))  # it slept
    assert runs.reap() == 1
    engine.beat()
    engine.claim()
    engine.lost.put((run.id, 1))  # only now the recorder was refused
    engine.beat()
    assert run.id in engine.working
    assert state(run) == ("running", 2)


def test_what_it_lost_and_still_holds_is_given_back(engine: Engine) -> None:
    run = asked()
    engine.claim()
    engine.lost.put((run.id, 1))
    engine.beat()
    assert state(run) == ("queued", 1)
    assert engine.working == {}


def test_what_was_claimed_just_when_the_database_went_away_is_handed_over(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = asked()
    engine.claim()
    assert runs.hand_over(run.id, 1)
    engine.beat()

    def away(run: str, at: int) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(lineage, "recorded", away)
        with pytest.raises(OperationalError):
            engine.claim()
    assert state(run) == ("running", 2)
    engine.beat()
    assert state(run) == ("queued", 2)


def test_an_end_that_waits_to_be_recorded_is_not_given_back(engine: Engine) -> None:
    run = asked()
    engine.claim()
    (one,) = engine.working.values()
    with engine.recorder.together():  # so that it waits
        engine.step(one, one.due)
        engine.beat()
        assert state(run) == ("running", 1)
    assert engine.recorder.drain(10)
    assert state(run) == ("finished", 1)
    engine.beat()
    assert engine.finishing == {}
