"""Tests that commit are followed by Django's `flush`, which the audit's triggers refuse as they should.

For that one moment they are taken down, and put up again: in every test they are in force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection

from guard.audit import protection


@contextmanager
def audit_may_be_wiped() -> Iterator[None]:
    where = f" ON {protection.TABLE}" if connection.vendor == "postgresql" else ""
    down = [f"DROP TRIGGER IF EXISTS {name}{where}" for name in protection.names(connection.vendor)]
    operations = type(connection.ops)
    with patch.object(operations, "sql_flush", _around(operations.sql_flush, down)):
        yield


def _around(flush: Callable[..., list[str]], before: list[str]) -> Callable[..., list[str]]:
    def sql_flush(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = flush(self, style, tables, **options)
        if protection.TABLE not in tables:
            return statements
        return [*before, *statements, *protection.statements(self.connection.vendor)]

    return sql_flush
