"""What all tests of the engine share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import torch

from tests.generation.engine.kinds import HERE, NAMES, Kind
from tests.generation.engine.kinds import kind as kind_named
from tests.generation.engine.remotes import close_own, close_shared


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """Models this small only lose time to a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    yield
    close_shared()
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _no_server_is_left() -> Iterator[None]:
    yield
    close_own()


@pytest.fixture(params=NAMES)
def kind(request: pytest.FixtureRequest) -> Kind:
    """One engine after the other: what holds for one holds for all."""
    return kind_named(str(request.param))


@pytest.fixture(params=HERE)
def kind_here(request: pytest.FixtureRequest) -> Kind:
    """Those that hold the model's cache themselves."""
    return kind_named(str(request.param))
