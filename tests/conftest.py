"""What every test needs, whatever it tests."""

from collections.abc import Iterator

import pytest

from tests.wiping import audit_may_be_wiped


@pytest.fixture(scope="session", autouse=True)
def _wiping() -> Iterator[None]:
    with audit_may_be_wiped():
        yield
