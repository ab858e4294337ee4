"""A published version stays as it is, whoever asks the database.

On SQLite a later migration that rebuilds the table drops the trigger and has to make it again. Deleting is
refused on PostgreSQL alone: on SQLite an emptied table would be refused with it.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQLITE = """
CREATE TRIGGER guard_published_stays BEFORE UPDATE ON guard_policyversion WHEN OLD.number IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'A published policy version is never changed.'); END
"""
POSTGRESQL = """
CREATE FUNCTION guard_published_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.number IS NOT NULL THEN
        RAISE EXCEPTION 'A published policy version is never changed and never removed.';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_published_stays BEFORE UPDATE OR DELETE ON guard_policyversion
    FOR EACH ROW EXECUTE FUNCTION guard_published_stays();
"""


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    editor.execute(POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE)


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER guard_published_stays ON guard_policyversion")
        editor.execute("DROP FUNCTION guard_published_stays()")
    else:
        editor.execute("DROP TRIGGER guard_published_stays")


class Migration(migrations.Migration):
    dependencies = [("guard", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
