"""README.md says what the settings, the commands and make say themselves."""

import pytest

from safelens_site import env
from tests.documents import readme

TEXT = readme.README.read_text()
ANEW = "write it anew: python -m tests.documents.readme"


@pytest.mark.parametrize("name", readme.PARTS)
def test_a_made_part_is_what_the_code_says_now(name: str) -> None:
    found = readme.between(name).search(TEXT)
    assert found is not None
    assert found[0].strip() == readme.PARTS[name](), ANEW


def test_every_setting_is_there() -> None:
    assert len(env.TABLE) > 20
    assert [name for name in env.TABLE if f"| `{name}` |" not in TEXT] == []


def test_every_command_of_ours_is_there() -> None:
    assert "serve" in readme.own_commands()
    assert [name for name in readme.own_commands() if f"`manage.py {name}" not in TEXT] == []


def test_every_make_command_that_is_named_exists() -> None:
    makefile = (readme.ROOT / "Makefile").read_text()
    for name in ("run", "test", "lint", "bench", "help"):
        assert f"make {name}" in TEXT
        assert f"\n{name}:" in makefile


def test_writing_it_anew_twice_changes_nothing() -> None:
    assert readme.written(readme.written(TEXT)) == readme.written(TEXT)
