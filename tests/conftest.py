"""What every test needs, whatever it tests."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.wiping import audit_may_be_wiped

# No example fails for being slow on a busy machine. What decides about a change tries the same examples each
# time; everywhere else there are new ones.
settings.register_profile(
    "safelens",
    deadline=None,
    derandomize=os.environ.get("CI", "").lower() in ("true", "1", "yes"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("safelens")


@pytest.fixture(scope="session", autouse=True)
def _wiping() -> Iterator[None]:
    with audit_may_be_wiped():
        yield
