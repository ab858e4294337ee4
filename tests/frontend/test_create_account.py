import io

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase

from frontend.accounts.models import User
from tests.people import PASSWORD


def create(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_account", *arguments, stdout=out)
    return out.getvalue()


class CreateAccountTest(TestCase):
    def test_it_makes_an_account_that_can_log_in(self) -> None:
        assert "'ann'" in create("ann", "--password", PASSWORD, "--email", "ann@example.org")
        assert self.client.login(username="ann", password=PASSWORD)
        assert not User.objects.get().is_staff

    def test_staff_may_enter_the_admin(self) -> None:
        create("ann", "--password", PASSWORD, "--staff")
        self.client.login(username="ann", password=PASSWORD)
        assert self.client.get("/admin/").status_code == 200

    def test_every_refusal_is_one_sentence_and_leaves_nothing(self) -> None:
        create("ann", "--password", PASSWORD)
        for name, password, email, expected in (
            ("Ann", PASSWORD, "", "There is an account 'Ann' already"),
            ("ben", "short", "", "The password is too weak"),
            ("ben", "", "", "The password is too weak"),
            ("ben", PASSWORD, "no address", "is no e-mail address"),
            ("<script>", PASSWORD, "", "can't be a name"),
            ("", PASSWORD, "", "can't be a name"),
            ("x" * 10_000, PASSWORD, "", "can't be a name"),
        ):
            with self.subTest(name=name[:20]), pytest.raises(CommandError) as refused:
                create(name, "--password", password, "--email", email)
            sentence = str(refused.value)
            assert expected in sentence
            assert "\n" not in sentence
            assert len(sentence) < 250
        assert User.objects.count() == 1
