"""The PostgreSQL and the Redis that tests may use: what the environment names, else the usual local ports.

On either server the tests keep to a database of their own, which is empty before them and gone after them.
"""

import getpass
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

USUAL_REDIS = "redis://127.0.0.1:6379"
TAKEN = "taken by tests"


class NoServer(Exception):
    """None can be used; the message is one sentence."""


def usual_postgresql() -> list[str]:
    people = dict.fromkeys([getpass.getuser(), "postgres", "postgres:postgres"])
    return [f"postgresql://{person}@127.0.0.1:5432/postgres" for person in people]


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database of our own, dropped afterwards with what Django made of it."""
    named = os.environ.get("DATABASE_URL")
    server = _first_that_answers([named] if named else usual_postgresql())
    name = f"safelens_{os.getpid()}_{secrets.token_hex(3)}"
    _run(server, f"CREATE DATABASE {name}")
    try:
        yield with_database(server, name)
    finally:
        for database in (name, f"test_{name}"):
            _run(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def _first_that_answers(urls: list[str]) -> str:
    for url in urls:
        try:
            _run(url, "SELECT 1")
        except psycopg.Error:
            continue
        return url
    parts = urlsplit(urls[0])
    raise NoServer(
        f"no PostgreSQL lets us in at {parts.hostname}:{parts.port or 5432} (DATABASE_URL names another)"
    )


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, connect_timeout=3, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def empty_redis() -> Iterator[str]:
    """The address of a numbered Redis database that was empty, emptied again afterwards."""
    server = os.environ.get("REDIS_URL") or USUAL_REDIS
    for number in range(15, -1, -1):
        url = with_database(server, str(number))
        with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
            try:
                # The key is ours alone, whoever else found the database empty in the same moment.
                if client.dbsize() or not client.set(TAKEN, os.getpid(), nx=True):
                    continue
            except redis.RedisError as reason:
                parts = urlsplit(server)
                where = f"{parts.hostname}:{parts.port or 6379}"
                raise NoServer(f"no Redis answers at {where} (REDIS_URL names another)") from reason
            try:
                yield url
            finally:
                client.flushdb()
            return
    raise NoServer("Redis has no empty database that the tests could use")
