"""The key that signs sessions and reset links, made once in the embedded form."""

import os
import secrets
from pathlib import Path

from safelens_site import env


def kept_in(data: Path) -> str:
    """The key in `data`/secret-key.txt, made there (readable by its owner alone) if there is none.

    Two processes that start at once get the same key: it is written aside, and the first link holds.
    """
    path = data / "secret-key.txt"
    try:
        if not path.exists():
            data.mkdir(parents=True, exist_ok=True)
            draft = data / f"secret-key.{os.getpid()}.{secrets.token_hex(4)}"
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(64))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it can't be read"
        env.stop(
            f"the data directory {data} can't hold {path.name} ({reason}): set SAFELENS_DATA to another."
        )
    if len(key) < 32:
        env.stop(f"{path} is damaged: delete it, and a new key is made (everybody has to log in again).")
    return key
