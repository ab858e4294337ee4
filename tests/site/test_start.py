"""The start as whoever runs SafeLens sees it: real processes, real environments."""

from pathlib import Path

import pytest

from tests.site.processes import assert_one_sentence, manage, python

pytestmark = pytest.mark.once

PRODUCTION = {
    "DATABASE_URL": "postgresql://safelens:secret@db/safelens",
    "REDIS_URL": "redis://redis:6379/0",
    "SECRET_KEY": "qJ8#kd0Lz!7Vw2Rm5Xt9Bn3Yc6Hs1Gf4Pa8Ue0Io2Ck7Dj5Lv9",
    "SAFELENS_URL": "https://lens.example.org",
    "SAFELENS_PROXIES": "1",
    "SAFELENS_MAIL_URL": "smtp+tls://user:secret@mail.example.org",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["manage.py", "check"],
        ["-m", "daphne", "safelens_site.asgi:application"],
        ["-m", "celery", "-A", "safelens_site.celery", "report"],
    ],
    ids=["manage", "asgi", "celery"],
)
def test_an_unreadable_setting_stops_it_with_one_sentence(tmp_path: Path, arguments: list[str]) -> None:
    done = python(tmp_path, *arguments, SAFELENS_MAX_RUNS="many")
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert "SAFELENS_MAX_RUNS must be a whole number from 1 to 4096, not 'many'." in done.stderr
    assert done.stdout == ""


def test_production_needs_a_secret_key(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", DATABASE_URL="postgresql://x@localhost/x")
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert "SECRET_KEY" in done.stderr


def test_the_embedded_form_makes_its_key_once(tmp_path: Path) -> None:
    show = "from django.conf import settings; print(settings.SECRET_KEY)"
    first = manage(tmp_path, "shell", "--no-imports", "-c", show).stdout
    second = manage(tmp_path, "shell", "--no-imports", "-c", show).stdout
    assert first == second
    assert len(first) > 80
    assert (tmp_path / "secret-key.txt").stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret-key.txt").write_text("short")
    done = manage(tmp_path, "check")
    assert done.returncode != 0
    assert_one_sentence(done.stderr)


def test_an_unwritable_data_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = manage(tmp_path / "file" / "data", "check")
    assert done.returncode != 0
    assert_one_sentence(done.stderr)
    assert "SAFELENS_DATA" in done.stderr


def test_a_complete_production_environment_has_nothing_to_complain_about(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_a_mistyped_variable_is_noticed(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", SAFELENS_SINGUP="closed")
    assert "safelens.W001" in done.stderr
    assert "SAFELENS_SINGUP" in done.stderr


def test_the_table_has_a_row_for_every_variable(tmp_path: Path) -> None:
    done = manage(tmp_path, "settings_table")
    rows = done.stdout.splitlines()
    names = [row.split("`")[1] for row in rows[2:]]
    assert names == sorted(names)
    assert {"DATABASE_URL", "PORT", "SAFELENS_DATA", "SAFELENS_MODEL", "HF_TOKEN"} <= set(names)
    assert all(row.count("|") == 5 for row in rows)
    assert str(tmp_path) not in done.stdout


def test_the_web_process_never_imports_torch(tmp_path: Path) -> None:
    check = "import safelens_site.asgi, sys; print({'torch', 'transformers'} & set(sys.modules))"
    assert python(tmp_path, "-c", check).stdout.strip() == "set()"


def test_the_models_and_the_migrations_agree(tmp_path: Path) -> None:
    done = manage(tmp_path, "makemigrations", "--check", "--dry-run", "accounts", "access")
    assert done.returncode == 0, done.stdout
