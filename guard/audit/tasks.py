"""What is done by the clock: by Celery in production, by a timer in the embedded form."""

from __future__ import annotations

import logging

from celery import shared_task

from guard.audit import chain
from guard.audit.verification import verify

log = logging.getLogger("guard.audit.head")


@shared_task  # type: ignore[untyped-decorator]
def log_head() -> None:
    """The head in the log lies outside of the database: who rewrites the chain can't rewrite both."""
    log.info("The audit's head is %s", chain.head())


@shared_task  # type: ignore[untyped-decorator]
def verify_chain() -> None:
    report = verify()
    if report.problem:
        log.error("The audit is broken. %s", report.problem)
    else:
        log.info("The audit is whole: %d entries, the head is %s", report.entries, report.head)
