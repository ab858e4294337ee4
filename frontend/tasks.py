"""What is done by the clock: by Celery in production, by `frontend.serving.timer` in the embedded form."""

from __future__ import annotations

from celery import shared_task

from frontend import housekeeping


@shared_task  # type: ignore[untyped-decorator]
def purge() -> None:
    housekeeping.purge()
