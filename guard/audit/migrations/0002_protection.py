"""The triggers that refuse to change or remove an entry."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from guard.audit import protection


def install(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    protection.install(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
