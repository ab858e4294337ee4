"""The engine as a thread of the web process, with a real (tiny) model and real loading."""

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from generation import engines, runs
from generation.begin import Asking, begin
from generation.bus import Bus
from generation.model_state import model_state
from generation.models import Run
from generation.protocol import Generate
from generation.served import Served
from generation.worker import making, start
from generation.worker.body import Worker
from tests import patience
from tests.generation.saved import user
from tests.generation.worker.engines import pause_until, served, told
from tests.tiny import tiny_llama_dir

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama_dir(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture
def embedded(
    bus: Bus, settings: Settings, model: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[start._Embedded]:
    settings.REDIS_URL = ""
    settings.SAFELENS_MODEL = str(model)
    settings.SAFELENS_THREADS = 1
    one = start._Embedded()
    monkeypatch.setattr(start, "_embedded", one)
    yield one
    one.stop(0)
    if one._thread is not None:
        one._thread.join(patience.SECONDS)
        assert not one._thread.is_alive()


def asked(**settings: object) -> Run:
    given = {"seed": 3, "max_new_tokens": 8, **settings}
    return begin(Asking(user(), engines.offered()), Generate(prompt="Hi", settings=given))


def test_the_first_job_starts_it_and_the_next_ones_find_it(embedded: start._Embedded) -> None:
    assert engines.offered() == ["tiny-llama"]
    assert engines.can_answer()
    first = asked()
    threads = [threading.Thread(target=start.ensure_embedded) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one = embedded._thread
    answer = told(first)
    start.ensure_embedded()
    assert told(asked()).ids == answer.ids
    assert embedded._thread is one
    assert sum(thread.name == "engine" for thread in threading.enumerate()) == 1
    assert Run.objects.get(id=first.id).model == "tiny-llama"
    assert engines.can_answer()


def test_the_end_of_the_process_hands_over_and_the_next_one_goes_on(
    embedded: start._Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = asked(delay=0.05, max_new_tokens=30)
    start.ensure_embedded()
    pause_until(lambda: run.chunks.count() > 2)
    start.stop_embedded(0)
    assert Run.objects.get(id=run.id).status == "queued"
    start.ensure_embedded()  # the process is ending: no new one
    assert embedded._thread is not None
    assert not embedded._thread.is_alive()
    second = start._Embedded()
    monkeypatch.setattr(start, "_embedded", second)
    start.resume_embedded()
    resumed = told(run)
    second.stop(0)
    monkeypatch.setattr(start, "_embedded", third := start._Embedded())
    undisturbed = asked(max_new_tokens=30)
    start.ensure_embedded()
    assert told(undisturbed).ids == resumed.ids
    third.stop(0)


def test_a_run_of_a_killed_process_goes_on_at_the_next_start(
    embedded: start._Embedded, settings: Settings
) -> None:
    settings.EMBEDDED = True
    run = asked()
    lease = timezone.now() + timedelta(hours=1)
    Run.objects.filter(id=run.id).update(
        status="running", engine="killed", epoch=1, tries=1, lease_until=lease
    )
    start.resume_embedded()
    assert told(run).finished.reason == "length"


def test_with_nothing_left_to_do_nothing_is_loaded(embedded: start._Embedded) -> None:
    start.resume_embedded()
    assert embedded._thread is None


def test_the_libraries_are_read_ahead_once_where_people_are_served(
    embedded: start._Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, go_on = [], threading.Event()

    def one(name: str) -> None:
        read.append(name)
        assert go_on.wait(patience.SECONDS)
        if name == start.MAKING:
            raise ImportError("no such library")  # which the first job tells of, not this

    monkeypatch.setattr(start, "import_module", one)
    monkeypatch.delitem(sys.modules, start.MAKING)
    start.read_ahead()
    assert embedded._reading is None  # nobody is served by this process yet
    start.resume_embedded()
    for _ in range(2):
        start.read_ahead()
    run = asked()
    start.ensure_embedded()
    assert model_state() == "starting"
    go_on.set()
    assert told(run).finished.reason in ("length", "eos")
    assert read == list(start.LIBRARIES)
    start.read_ahead()
    assert read == list(start.LIBRARIES)


def test_a_stop_is_heard_between_two_libraries(
    embedded: start._Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, go_on = [], threading.Event()

    def one(name: str) -> None:
        read.append(name)
        embedded._stopping.set()
        go_on.set()

    monkeypatch.setattr(start, "import_module", one)
    monkeypatch.delitem(sys.modules, start.MAKING)
    start.resume_embedded()
    start.read_ahead()
    assert go_on.wait(patience.SECONDS)
    start.stop_embedded(patience.SECONDS)
    assert read == [start.LIBRARIES[0]]
    start.read_ahead()
    assert embedded._reading is not None
    assert not embedded._reading.is_alive()


def test_a_model_that_can_t_be_loaded_is_told_to_those_who_wait(
    embedded: start._Embedded, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken").mkdir()
    settings.SAFELENS_MODEL = str(tmp_path / "broken")
    assert not engines.can_answer()
    (tmp_path / "broken" / "config.json").write_text("{}")
    assert engines.can_answer()  # as far as one can see before it is loaded
    run = asked()
    start.ensure_embedded()
    answer = told(run)
    assert (answer.finished.reason, answer.finished.message) == ("failed", start.NO_MODEL)
    assert "There is no engine" in caplog.text
    assert "Traceback" not in caplog.text
    assert not engines.can_answer()


def test_who_asks_while_the_others_are_told_so_is_told_too(
    embedded: start._Embedded, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_queued, refused, asked_again = runs.end_queued, threading.Event(), threading.Event()

    def slowly(model: str, sentence: str) -> int:
        ended = end_queued(model, sentence)
        refused.set()
        assert asked_again.wait(patience.SECONDS)
        return ended

    monkeypatch.setattr(runs, "end_queued", slowly)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}")
    settings.SAFELENS_MODEL = str(tmp_path / "broken")
    first = asked()
    start.ensure_embedded()
    assert refused.wait(patience.SECONDS)
    second = asked()
    start.ensure_embedded()  # the thread is still there
    asked_again.set()
    assert [told(run).finished.message for run in (first, second)] == [start.NO_MODEL] * 2


def test_one_that_can_t_even_be_made_is_made_anew(
    embedded: start._Embedded, bus: Bus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = 0

    def worker(bus: Bus, ready: Callable[[Served], None]) -> Worker:
        nonlocal made
        made += 1
        if made == 1:
            raise ImportError("cannot import name 'Tensor' from partially initialized module 'torch'")
        one = replace(served(), name="tiny-llama")
        return Worker(bus, one.name, lambda: one, 4, ready=ready)

    monkeypatch.setattr(making, "worker", worker)
    monkeypatch.setattr(start, "AGAIN", 0.05)
    run = asked()
    start.ensure_embedded()
    assert told(run).finished.reason in ("length", "eos")
    assert "another one is made" in caplog.text
    assert made == 2


def test_how_far_it_is_is_told_to_those_who_wait(
    embedded: start._Embedded, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries, weights = threading.Event(), threading.Event()
    one = replace(served(), name="tiny-llama")

    def worker(bus: Bus, ready: Callable[[Served], None]) -> Worker:
        def load() -> Served:
            made.describe("loading 40 %")
            assert weights.wait(patience.SECONDS)
            return one

        assert libraries.wait(patience.SECONDS)
        made = Worker(bus, one.name, load, 4, ready=ready)
        return made

    monkeypatch.setattr(making, "worker", worker)
    run = asked()
    assert model_state() == "ready"
    start.ensure_embedded()
    assert model_state() == "starting"
    libraries.set()
    pause_until(lambda: model_state() == "loading 40 %")
    weights.set()
    assert told(run).finished.reason in ("length", "eos")
    assert model_state() == "ready"


def test_with_redis_the_web_process_has_no_engine(embedded: start._Embedded, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    run = asked()
    start.ensure_embedded()
    start.resume_embedded()
    assert embedded._thread is None
    assert not engines.can_answer()
    assert Run.objects.get(id=run.id).status == "queued"
    connections.close_all()


def test_an_engine_that_fails_is_made_anew(
    embedded: start._Embedded, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0

    def fails_once(spans: object) -> bool:
        if made == 1:
            raise RuntimeError("the driver is gone")
        return False

    def worker(bus: Bus, ready: Callable[[Served], None]) -> Worker:
        nonlocal made
        made += 1
        one = replace(served(fails_once), name="tiny-llama")
        return Worker(bus, one.name, lambda: one, 4, ready=ready)

    monkeypatch.setattr(making, "worker", worker)
    monkeypatch.setattr(start, "AGAIN", 0.05)
    run = asked()
    start.ensure_embedded()
    assert told(run).finished.reason in ("length", "eos")
    assert made == 2
    assert Run.objects.get(id=run.id).epoch == 2
    assert not embedded.failed
