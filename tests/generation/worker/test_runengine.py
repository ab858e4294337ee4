"""`manage.py runengine` as a real process with a real (tiny) model, on the tests' own database and Redis."""

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from generation import bus as buses
from generation.begin import Asking, begin
from generation.bus import PREFIX, Bus
from generation.bus.redis_streams import RedisBus
from generation.models import Run
from generation.protocol import Generate
from tests import patience
from tests.generation.engine.standin.http import StandIn
from tests.generation.engine.standin.over import standin_api
from tests.generation.saved import recorded_steps, user
from tests.generation.worker.engines import Told, pause_until, told
from tests.servers import with_database
from tests.site.processes import ROOT, environment
from tests.tiny import tiny_llama_dir

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama_dir(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture
def site_bus() -> Iterator[Bus]:
    """The bus that real processes are on."""
    bus = RedisBus(settings.REDIS_URL, PREFIX)
    before = buses.replace(bus)
    yield bus
    buses.replace(before)
    bus.close()


class Engine:
    def __init__(self, data: Path, model: Path, **variables: str) -> None:
        address = with_database(settings.DATABASE_URL, connection.settings_dict["NAME"])
        given = {"DATABASE_URL": address, "REDIS_URL": settings.REDIS_URL, "SECRET_KEY": settings.SECRET_KEY}
        given |= {"SAFELENS_MODEL": str(model), "SAFELENS_THREADS": "1", "SAFELENS_LEASE": "2"}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "runengine"],
            cwd=ROOT,
            env=environment(data, **(given | variables)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end_by_itself(self) -> tuple[int, str, str]:
        said, complaints = self.process.communicate(timeout=patience.SECONDS)
        return self.process.returncode, said, complaints

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        if self.process.poll() is None:
            self.process.send_signal(number)
        rest, complaints = self.process.communicate(timeout=patience.SECONDS)
        return self.process.returncode, rest, complaints


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    made: list[Engine] = []
    yield made
    for one in made:
        one.end(signal.SIGKILL)


def asked(**more: object) -> Run:
    given = {"seed": 3, "max_new_tokens": 12, **more}
    return begin(Asking(user(), ["tiny-llama"]), Generate(prompt="Hi", settings=given))


def undisturbed() -> Told:
    return told(asked())


def test_it_says_that_it_is_ready_and_ends_cleanly(
    tmp_path: Path, model: Path, site_bus: Bus, engines: list[Engine]
) -> None:
    run = asked()
    one = Engine(tmp_path, model)
    engines.append(one)
    assert one.ready().startswith("The engine is ready: tiny-llama, loaded in ")
    assert told(run).finished.reason in ("length", "eos")
    (presence,) = site_bus.engines()
    assert (presence.model, presence.loaded) == ("tiny-llama", True)
    slow = asked(delay=0.1)
    pause_until(lambda: bool(recorded_steps(slow.id)))
    assert one.end() == (0, "The engine has stopped.\n", "")
    assert Run.objects.get(id=slow.id).status == "finished"  # within its grace
    assert site_bus.engines() == []


def test_what_it_can_t_finish_in_time_another_one_does(
    tmp_path: Path, model: Path, site_bus: Bus, engines: list[Engine]
) -> None:
    first = Engine(tmp_path, model, SAFELENS_GRACE="0")
    engines.append(first)
    assert first.ready()
    expected = undisturbed()
    run = asked(delay=0.2)
    pause_until(lambda: len(recorded_steps(run.id)) > 1)
    assert first.end() == (0, "The engine has stopped.\n", "")
    row = Run.objects.get(id=run.id)
    assert (row.status, row.tries) == ("queued", 0)
    second = Engine(tmp_path, model)
    engines.append(second)
    assert second.ready()
    assert told(run).steps == expected.steps
    assert Run.objects.get(id=run.id).epoch == 2


def test_after_kill_9_another_one_goes_on_where_it_stood(
    tmp_path: Path, model: Path, site_bus: Bus, engines: list[Engine]
) -> None:
    one = Engine(tmp_path, model)
    engines.append(one)
    assert one.ready()
    expected = undisturbed()
    run = asked(delay=0.1)
    pause_until(lambda: len(recorded_steps(run.id)) > 2)
    one.end(signal.SIGKILL)
    assert Run.objects.get(id=run.id).status == "running"
    another = Engine(tmp_path, model)
    engines.append(another)
    assert another.ready()
    assert told(run).steps == expected.steps
    assert Run.objects.get(id=run.id).epoch == 2


@pytest.mark.parametrize("dialect", ["sglang", "vllm"])
def test_in_front_of_a_models_server_kill_9_loses_nothing_either(
    tmp_path: Path, model: Path, site_bus: Bus, engines: list[Engine], dialect: str
) -> None:
    """Neither of the engine nor of the server."""
    here = Engine(tmp_path, model)
    engines.append(here)
    assert here.ready()
    expected = undisturbed()
    assert here.end()[0] == 0
    api = standin_api(dialect, model)
    server = StandIn(api, "sesame")
    key = tmp_path / "key"
    key.write_text("sesame\n")
    given = {"SAFELENS_ENGINE_URL": server.url, "SAFELENS_ENGINE_KEY_FILE": str(key)}
    killed = Engine(tmp_path, model, **given)
    engines.append(killed)
    assert killed.ready() == f"The model is computed by {api.name} at {server.url}.\n"
    run = asked(delay=0.1)
    pause_until(lambda: len(recorded_steps(run.id)) > 1)
    killed.end(signal.SIGKILL)
    server.close()
    another = Engine(tmp_path, model, **given)
    engines.append(another)
    pause_until(lambda: any("waiting for" in one.detail for one in site_bus.engines()))
    again = StandIn(api, "sesame", server.port)
    try:
        answer = told(run)
        assert (answer.ids, answer.text) == (expected.ids, expected.text)
        assert another.end()[0] == 0
    finally:
        again.close()


def test_a_server_of_another_model_ends_it_with_one_sentence(
    tmp_path: Path, model: Path, site_bus: Bus, engines: list[Engine]
) -> None:
    api = standin_api("vllm", model)
    api.model = "another/model"
    server = StandIn(api)
    one = Engine(tmp_path, model, SAFELENS_ENGINE_URL=server.url)
    engines.append(one)
    status, said, complaints = one.end_by_itself()
    server.close()
    assert (status, said) == (1, "")
    assert complaints.startswith(f"CommandError: The server at {server.url} computes another/model, not ")
    assert complaints.count("\n") == 1


def test_a_signal_while_it_loads_ends_it_at_once(
    tmp_path: Path, model: Path, site_bus: Bus, engines: list[Engine]
) -> None:
    one = Engine(tmp_path, model)
    engines.append(one)
    pause_until(lambda: any(not presence.loaded for presence in site_bus.engines()))
    status, said, complaints = one.end()
    assert (status, complaints) == (0, "")
    assert said == "" or said.endswith("The engine has stopped.\n")  # loaded just then


def test_it_exports_its_series(tmp_path: Path, model: Path, site_bus: Bus, engines: list[Engine]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    one = Engine(tmp_path, model, SAFELENS_METRICS_PORT=str(port))
    engines.append(one)
    assert one.ready()
    answer = told(asked())
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=patience.SECONDS) as response:
        text = response.read().decode()
    sampled = answer.finished.usage["sampled_tokens"]
    assert f'safelens_decode_tokens_total{{model="tiny-llama"}} {sampled}.0' in text
    prompt = answer.finished.usage["prompt_tokens"]
    assert f'safelens_prefill_tokens_total{{model="tiny-llama"}} {prompt}.0' in text
    for series in (
        "safelens_queue_wait_seconds_bucket",
        "safelens_batch_runs",
        "safelens_batch_places",
        "safelens_step_seconds_count",
        "safelens_reused_tokens_total",
        "safelens_cache_bytes",
        "safelens_runs_ended_total",
        "safelens_bus_errors_total",
        "safelens_database_errors_total",
    ):
        assert f"\n{series}" in text
    assert "owner" not in text
