from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool
from psycopg_pool.base import AttemptWithBackoff

from safelens_site import database, mail

pytestmark = pytest.mark.once


def test_a_database_address_is_taken_apart() -> None:
    read = database.postgresql("postgresql://us%40er:p%3Aw@db.example:6432/lens?sslmode=require", 4)
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"], read["NAME"]) == (
        "us@er",
        "p:w",
        "db.example",
        "6432",
        "lens",
    )
    assert read["OPTIONS"]["sslmode"] == "require"
    assert read["OPTIONS"]["pool"]["max_size"] == 4
    assert read["CONN_MAX_AGE"] == 0


def test_the_pool_tries_again_within_seconds_however_long_the_server_was_away() -> None:
    options = dict(database.postgresql("postgresql://localhost:1/lens", 4)["OPTIONS"]["pool"])
    with ConnectionPool("host=127.0.0.1 port=1", open=False, **options) as pool:
        attempt = AttemptWithBackoff(timeout=pool.reconnect_timeout)
        now, pauses = 1.0, []
        while not attempt.time_to_give_up(now):  # from then on the next question begins anew
            attempt.update_delay(now)
            pauses.append(attempt.delay)
            now += attempt.delay
        assert max(pauses) < 10


def test_a_socket_is_a_host_too() -> None:
    assert database.postgresql("postgresql:///lens?host=/run/pg", 4)["OPTIONS"]["host"] == "/run/pg"


def test_sqlite_waits_instead_of_failing() -> None:
    options = database.sqlite(Path("x"))["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+tls://mail.example", 587, True, False),
        ("smtps://mail.example:4650", 4650, False, True),
    ],
)
def test_a_mail_address_is_taken_apart(url: str, port: int, tls: bool, ssl: bool) -> None:
    read = mail.settings_from(url)
    assert (read["EMAIL_PORT"], read["EMAIL_USE_TLS"], read["EMAIL_USE_SSL"]) == (port, tls, ssl)
    assert read["EMAIL_HOST"] == "mail.example"


def test_no_mail_server_means_the_console() -> None:
    assert mail.settings_from("")["EMAIL_BACKEND"].endswith("console.EmailBackend")
