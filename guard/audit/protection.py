"""The database itself refuses to change or remove an entry.

This stops mistakes and whoever has the program's rights alone; an owner of the database can take triggers
away. That is what the chain, and its head in the log, are for; `verify_audit` misses a trigger too.

A later migration that changes the table of entries makes it anew on SQLite, without triggers: it has to
call `install` behind itself.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

SENTENCE = "The audit is append-only."
TABLE = "audit_entry"

_POSTGRESQL = [
    f"""
    CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'insufficient_privilege'; END $$
    """,
    f"DROP TRIGGER IF EXISTS audit_entry_rows ON {TABLE}",
    f"""
    CREATE TRIGGER audit_entry_rows BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()
    """,
    f"DROP TRIGGER IF EXISTS audit_entry_table ON {TABLE}",
    f"""
    CREATE TRIGGER audit_entry_table BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
    """,
]
# The third because `INSERT OR REPLACE` removes a row without asking the trigger for DELETE.
_SQLITE = {
    "audit_entry_update": f"BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END",
    "audit_entry_delete": f"BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END",
    "audit_entry_replace": f"""
        BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE seq = NEW.seq)
        BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END
    """,  # noqa: S608  (its own words alone)
}


def statements(vendor: str) -> list[str]:
    """What puts the triggers up, whether or not they are there."""
    if vendor == "postgresql":
        return _POSTGRESQL
    made = [f"CREATE TRIGGER {name} {body}" for name, body in _SQLITE.items()]
    return [f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE] + made


def install(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor):
            cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> set[str]:
    """The triggers that aren't there, or are switched off."""
    query: tuple[str, list[Any]] = (
        (
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')",
            [TABLE],
        )
        if connection.vendor == "postgresql"
        else ("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
    )
    with connection.cursor() as cursor:
        cursor.execute(*query)
        there = {name for (name,) in cursor.fetchall()}
    return names(connection.vendor) - there


def names(vendor: str) -> set[str]:
    return {"audit_entry_rows", "audit_entry_table"} if vendor == "postgresql" else set(_SQLITE)
