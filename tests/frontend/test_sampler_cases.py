"""The browser's sampler is tested with cases of the engine's: they are what the engine says today."""

import json

import pytest

from tests.frontend.sampler_cases import FILE, cases

pytestmark = pytest.mark.once


def test_the_cases_are_the_engines() -> None:
    kept = json.loads(FILE.read_text())
    found = cases()
    assert [(one["logprobs"], one["sampler"]) for one in kept] == [
        (one["logprobs"], one["sampler"]) for one in found
    ]
    for one, other in zip(kept, found, strict=True):
        assert one["p"] == pytest.approx(other["p"], abs=1e-9)
