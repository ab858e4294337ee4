"""The embedded form's clock: what beat does in production."""

import threading

import pytest

from frontend.serving.timer import Timer
from tests import patience

pytestmark = pytest.mark.once

CALLS: list[str] = []
DONE = threading.Semaphore(0)


def works() -> None:
    CALLS.append("works")
    DONE.release()


def fails() -> None:
    DONE.release()
    raise RuntimeError("no")


def test_each_runs_at_the_start_and_again_when_due(caplog: pytest.LogCaptureFixture) -> None:
    CALLS.clear()
    schedule = {
        "often": {"task": f"{__name__}.works", "schedule": 0.01},
        "broken": {"task": f"{__name__}.fails", "schedule": 3600},
        "missing": {"task": "no.such.task", "schedule": 3600},
    }
    timer = Timer(schedule)
    timer.start()
    for _ in range(4):
        assert DONE.acquire(timeout=patience.SECONDS)
    timer.stop()
    assert len(CALLS) >= 3
    assert {record.getMessage() for record in caplog.records} == {
        "The task broken failed.",
        "The task missing failed.",
    }


def test_it_ends_when_nothing_is_due() -> None:
    for schedule in ({}, {"rare": {"task": f"{__name__}.works", "schedule": 3600}}):
        timer = Timer(schedule)
        timer.start()
        timer.stop()
        assert not [thread for thread in threading.enumerate() if thread.name == "timer"]


def test_the_sites_schedule_can_be_kept() -> None:
    from django.conf import settings
    from django.utils.module_loading import import_string

    from safelens_site.celery import app

    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert callable(import_string(str(entry["task"])))
        assert entry["task"] in app.tasks
