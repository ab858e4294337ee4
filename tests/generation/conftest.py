"""A bus of its own for each test that asks for one: in the process, or on Redis where REDIS_URL is set."""

from collections.abc import Iterator

import pytest

from generation import bus as buses
from generation.bus import Bus
from generation.recorder import Recorder
from tests.contracts.buses import KINDS, bus_of


@pytest.fixture
def bus() -> Iterator[Bus]:
    with bus_of(KINDS[-1]) as made:
        before = buses.replace(made)
        yield made
        buses.replace(before)


@pytest.fixture
def fenced() -> list[str]:
    """The runs that the recorder lost."""
    return []


@pytest.fixture
def recorder(bus: Bus, fenced: list[str], transactional_db: None) -> Iterator[Recorder]:
    made = Recorder(bus, lambda run, epoch: fenced.append(run), interval=0.002)
    yield made
    made.close()
