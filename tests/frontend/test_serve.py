"""`manage.py serve` as a real process, spoken to from outside."""

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import patience
from tests.site.processes import (
    ROOT,
    SECONDS_TO_END,
    assert_one_sentence,
    complaints,
    environment,
    manage,
)

pytestmark = pytest.mark.once

WHEN_THE_ENGINE_STARTS = """
import io, sys
import django
django.setup()
from frontend.serving import serve

def resume():
    print("autobahn.wamp.protocol" in sys.modules, "torch" in sys.modules)
    sys.exit(0)

serve.start.resume_embedded = resume
serve.serve(io.StringIO())
"""


class Site:
    """A running site: its one line, its address, and its end."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment(data, **({"PORT": "0"} | variables)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        watchdog = threading.Timer(patience.SECONDS, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        watchdog.cancel()
        self.url = next((word for word in self.line.split() if word.startswith("http")), "")

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(self.url + path, timeout=patience.SECONDS) as response:  # noqa: S310
            return response.status, response.read().decode()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """The exit status, what else it printed, and what it complained about."""
        self.process.send_signal(number)
        rest, logged = self.process.communicate(timeout=SECONDS_TO_END)
        return self.process.returncode, rest, "\n".join(complaints(logged))


@contextmanager
def site(data: Path, **variables: str) -> Iterator[Site]:
    running = Site(data, **variables)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for the module: what a second start finds."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_serves_and_ends_cleanly(data: Path, number: int) -> None:
    with site(data) as running:
        assert running.line.startswith("SafeLens is ready at http://127.0.0.1:")
        assert "log in as admin" in running.line
        assert running.get("/healthz") == (200, "ok\n")
        assert "Watch a language model write" in running.get("/")[1]
        status, rest, complained = running.end(number)
    assert (status, rest, complained) == (0, "", "")


def test_the_first_start_makes_an_administrator_and_the_second_leaves_it_alone(tmp_path: Path) -> None:
    with site(tmp_path) as running:
        password = (tmp_path / "admin-password.txt").read_text().strip()
        assert (tmp_path / "admin-password.txt").stat().st_mode & 0o777 == 0o600
        assert len(password) >= 20
        assert password not in running.line
        assert _logs_in(running.url, "admin", password)
        running.end()
    made = _made(tmp_path)
    assert len(made) > 100
    with site(tmp_path) as running:
        assert _made(tmp_path) == made  # which is what makes it quick
        assert (tmp_path / "admin-password.txt").read_text().strip() == password
        assert _logs_in(running.url, "admin", password)


def test_files_are_served_hashed_and_compressed(data: Path) -> None:
    with site(data) as running:
        page = running.get("/")[1]
        path = page.split('rel="stylesheet" href="')[1].split('"')[0]
        assert path.startswith("/static/safelens/page/site.")
        request = urllib.request.Request(running.url + path, headers={"Accept-Encoding": "gzip"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=patience.SECONDS) as response:  # noqa: S310
            assert response.headers["Content-Encoding"] == "gzip"
            assert "immutable" in response.headers["Cache-Control"]


def test_the_libraries_are_read_when_somebody_has_a_page_open_and_not_before(data: Path) -> None:
    with site(data) as running:
        for path in ("/", "/healthz", "/readyz"):
            running.get(path)
        assert not _has_torch(running)
        for _ in range(2):
            assert '"state": "ready"' in running.get("/model/")[1]
        end = time.monotonic() + patience.SECONDS
        while not _has_torch(running):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert running.end() == (0, "", "")  # in the middle of it


def _has_torch(running: Site) -> bool:
    return "libtorch" in Path(f"/proc/{running.process.pid}/maps").read_text()


def test_a_taken_port_is_one_sentence(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = manage(data, "serve", PORT=str(port))
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr


def test_an_address_of_another_machine_is_one_sentence(data: Path) -> None:
    for host in ("192.0.2.1", "no.such.host.invalid", "::1"):
        done = manage(data, "serve", HOST=host, PORT="0")
        assert done.returncode != 0
        assert_one_sentence(done.stderr)
        assert host in done.stderr


def test_a_data_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for variables in ({}, {"SECRET_KEY": "x" * 60}):
        done = manage(tmp_path / "file" / "data", "serve", PORT="0", **variables)
        assert done.returncode != 0
        assert_one_sentence(done.stderr)
        assert "SAFELENS_DATA" in done.stderr


def test_a_bad_setting_is_one_sentence(data: Path) -> None:
    done = manage(data, "serve", PORT="eight thousand")
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert "PORT must be a whole number" in done.stderr


def test_a_damaged_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "safelens.sqlite3").write_bytes(b"this is no database" * 100)
    done = manage(tmp_path, "serve", PORT="0")
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert "The database can't be used" in done.stderr


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    done = manage(
        tmp_path, "serve", PORT="0", SECRET_KEY="x" * 60, DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/x"
    )
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert "The database can't be used" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_running_answer_may_end_and_idle_connections_do_not_hold_it(data: Path) -> None:
    with site(data) as running:
        host = urlsplit(running.url).netloc
        idle = http.client.HTTPConnection(host)
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        half = socket.create_connection(host.split(":"))  # type: ignore[arg-type]  # a port may be text
        half.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc")
        began = time.monotonic()
        status, _, complained = running.end()
        assert (status, complained) == (0, "")
        assert time.monotonic() - began < SECONDS_TO_END
        idle.close()
        half.close()


def test_the_engine_starts_only_when_the_server_is_imported(data: Path) -> None:
    """Its thread imports torch, and Autobahn's import fails where torch is only half imported: a start with
    an unfinished run would end in a traceback."""
    asked = subprocess.run(
        [sys.executable, "-c", WHEN_THE_ENGINE_STARTS],
        cwd=ROOT,
        env=environment(data, PORT="0", DJANGO_SETTINGS_MODULE="safelens_site.settings"),
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
        check=True,
    )
    assert asked.stdout.split() == ["True", "False"]


def test_a_signal_before_it_listens_ends_it_too(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment(tmp_path, PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "safelens.sqlite3").exists():
        time.sleep(0.02)
    process.terminate()
    _, logged = process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 0
    assert complaints(logged) == []


def _made(data: Path) -> dict[Path, int]:
    """What a start wrote beside the database, and when."""
    files = (path for path in data.rglob("*") if path.is_file() and "sqlite3" not in path.name)
    return {path: path.stat().st_mtime_ns for path in files}


def _logs_in(url: str, name: str, password: str) -> bool:
    """As a browser does: takes the form's token and the cookie, sends both back."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=patience.SECONDS)
    connection.request("GET", "/accounts/login/")
    page = connection.getresponse()
    cookie = str(page.headers["Set-Cookie"]).split(";")[0]
    token = page.read().decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    body = urllib.parse.urlencode({"login": name, "password": password, "csrfmiddlewaretoken": token})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/accounts/login/", body, headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status == 302
