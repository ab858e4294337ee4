import io

import pytest
from django.core.management import CommandError, call_command

from generation.access import tokens
from generation.access.models import ApiToken
from tests.people import PeopleTest


def create(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue()


class CreateTokenTest(PeopleTest):
    def test_the_last_line_is_the_token_alone(self) -> None:
        row = tokens.verify(create("ann").splitlines()[-1])
        assert row is not None
        assert row.owner == self.owner

    def test_it_can_be_called_something(self) -> None:
        create("ann", "--label", "nightly")
        assert ApiToken.objects.get().name == "nightly"

    def test_an_unknown_account_is_told(self) -> None:
        with pytest.raises(CommandError, match=r"There is no account 'nobody'"):
            create("nobody")

    def test_a_deactivated_account_is_told(self) -> None:
        self.owner.is_active = False
        self.owner.save()
        with pytest.raises(CommandError, match="deactivated"):
            create("ann")

    def test_an_endless_label_is_told(self) -> None:
        with pytest.raises(CommandError, match="1 to 100"):
            create("ann", "--label", "x" * 101)
