"""Tests that commit are followed by Django's `flush`, which the audit's triggers refuse as they should.

For that one moment they are taken down, and put up again: in every test they are in force.

A site that runs beside the tests may still be at work, sealing an answer that was read to its end. It and the
flush take their tables in different orders, and PostgreSQL ends one of two that wait for each other: where it
is the flush, which is one transaction, it is begun anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import OperationalError, connection

from guard.audit import protection

TRIES = 10


@contextmanager
def audit_may_be_wiped() -> Iterator[None]:
    where = f" ON {protection.TABLE}" if connection.vendor == "postgresql" else ""
    down = [f"DROP TRIGGER IF EXISTS {name}{where}" for name in protection.names(connection.vendor)]
    operations = type(connection.ops)
    with (
        patch.object(operations, "sql_flush", _around(operations.sql_flush, down)),
        patch.object(operations, "execute_sql_flush", _again(operations.execute_sql_flush)),
    ):
        yield


def _around(flush: Callable[..., list[str]], before: list[str]) -> Callable[..., list[str]]:
    def sql_flush(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = flush(self, style, tables, **options)
        if protection.TABLE not in tables:
            return statements
        return [*before, *statements, *protection.statements(self.connection.vendor)]

    return sql_flush


def _again(flush: Callable[..., None]) -> Callable[..., None]:
    def execute_sql_flush(self: Any, statements: list[str]) -> None:
        left = TRIES
        while left:
            left -= 1
            try:
                flush(self, statements)
            except OperationalError as problem:
                if not left or "deadlock" not in str(problem):
                    raise
            else:
                return

    return execute_sql_flush
