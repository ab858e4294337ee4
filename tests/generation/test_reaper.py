"""A web process takes runs back when no engine is left to do it."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from generation import runs
from generation.bus import Bus
from generation.models import Run
from generation.reaper import Reaper
from tests.generation.saved import claim, new_run
from tests.generation.worker.engines import pause_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_of_an_engine_that_is_gone_comes_back(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BEAT", 0.02)
    waiting, cancelled = new_run(), new_run()
    assert len(claim("gone", 2)) == 2
    runs.cancel(cancelled.id)
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    real, tries = runs.reap, 0

    def reap() -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OperationalError("away")
        return real()

    monkeypatch.setattr(runs, "reap", reap)
    reaper = Reaper()
    reaper.start()
    pause_until(lambda: Run.objects.get(id=cancelled.id).status == "finished")
    pause_until(lambda: Run.objects.get(id=waiting.id).status == "queued")
    reaper.stop()
    assert tries >= 2
