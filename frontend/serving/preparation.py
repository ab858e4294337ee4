"""What must be in place before the first request. Each failure is one sentence, as a `CommandError`."""

import errno
import hashlib
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from frontend import vendor
from frontend.accounts.creation import create
from frontend.accounts.models import User
from generation.engines import SANDBOX, name_of
from guard import shipping
from guard.evidence.refused import ArtifactRefused
from guard.publishing import Unpublishable

PASSWORD_FILE: Final = "admin-password.txt"  # noqa: S105
MIGRATION_LOCK: Final = 7_235_420_733  # any number that nobody else takes in this database


def data_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise CommandError(
            f"The data directory {path} can't be written ({error.strerror}): set SAFELENS_DATA to another."
        ) from error


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens already: nobody can take the port between this check and the first request."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise CommandError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: stop what uses it, or set PORT to another."
    if error.errno == errno.EACCES:
        return f"Port {port} is for the system's administrator alone: set PORT to 1024 or more."
    return f"{host} is no IPv4 address of this machine: set HOST to 127.0.0.1, or to 0.0.0.0 for all of them."


def database() -> None:
    """Migrated to the newest state. Of several processes that start at once, one migrates, others wait."""
    try:
        _reach()
        with _alone():
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        raise CommandError(f"The database can't be used: {reason}.") from error


def _reach() -> None:
    """Asks PostgreSQL directly: the pool would try for ten seconds and then keep the reason to itself."""
    if connection.vendor == "postgresql":
        wrapper: Any = connection  # whose driver the types leave out
        with wrapper.wrap_database_errors:
            wrapper.Database.connect(**wrapper.get_connection_params()).close()


@contextmanager
def _alone() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield  # SQLite's migrations are immediate transactions: the second waits for the first
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def static_files() -> None:
    """Collects them only if one was added, changed or removed since the last time."""
    if absent := vendor.missing():
        raise CommandError(
            f"The browser package {absent[0]} is missing: run `npm ci` in {settings.BASE_DIR}."
        )
    stamp = settings.STATIC_ROOT / ".collected"
    digest = _digest_of_sources()
    try:
        if stamp.is_file() and stamp.read_text() == digest:
            return
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(digest)
    except OSError as error:
        raise CommandError(
            f"The static files can't be written to {settings.STATIC_ROOT} ({error.strerror}): "
            "set SAFELENS_STATIC to another directory."
        ) from error


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            state = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def guards() -> None:
    """The bundled model's guard and its policies: its first run is judged already."""
    if not settings.EMBEDDED and name_of(settings.SAFELENS_MODEL) != SANDBOX:
        return
    try:
        shipping.ship(Path(settings.SAFELENS_BUNDLED_GUARD), SANDBOX)
    except (ArtifactRefused, Unpublishable) as problem:
        raise CommandError(str(problem)) from problem


def first_account(data: Path) -> None:
    """In the embedded form, `admin` with a random password, if nobody has an account yet."""
    if not settings.EMBEDDED or User.objects.exists():
        return
    password = secrets.token_urlsafe(15)
    path = data / PASSWORD_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(password + "\n")
    create("admin", password, staff=True)
