"""The flush between two tests, beside a site that is still at work."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from tests.wiping import TRIES, _again

pytestmark = pytest.mark.once


class Flush:
    def __init__(self, message: str, failures: int) -> None:
        self.message, self.failures, self.calls = message, failures, 0

    def __call__(self, operations: object, statements: list[str]) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise OperationalError(self.message)


def test_one_that_loses_a_deadlock_is_begun_anew() -> None:
    flush = Flush("deadlock detected", failures=2)
    _again(flush)(None, ["TRUNCATE"])
    assert flush.calls == 3


@pytest.mark.parametrize(("message", "calls"), [("no such table", 1), ("deadlock detected", TRIES)])
def test_what_fails_otherwise_or_for_ever_is_told(message: str, calls: int) -> None:
    flush = Flush(message, failures=TRIES)
    with pytest.raises(OperationalError, match=message):
        _again(flush)(None, ["TRUNCATE"])
    assert flush.calls == calls
