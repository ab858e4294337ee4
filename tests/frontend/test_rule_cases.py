"""The browser's rules are tested with cases of the policies': they are what those say today."""

import json

import pytest

from tests.frontend.rule_cases import FILE, cases

pytestmark = pytest.mark.once


def test_the_cases_are_the_policies() -> None:
    assert json.loads(FILE.read_text()) == cases()
