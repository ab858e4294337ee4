from argparse import ArgumentParser

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from generation.access import tokens


class Command(BaseCommand):
    help = "Makes an API token for an account, and prints it alone on the last line. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the account's name")
        parser.add_argument(
            "--label", default="made on the command line", help="what the token is called in lists"
        )

    def handle(self, *args: object, name: str, label: str, **options: object) -> None:
        owner = get_user_model().objects.filter(username__iexact=name).first()
        if owner is None:
            raise CommandError(f"There is no account {name!r}: `manage.py create_account NAME` makes one.")
        if not owner.is_active:
            raise CommandError(f"The account {name!r} is deactivated: activate it in the admin first.")
        if not 1 <= len(label) <= 100:
            raise CommandError("The label must have 1 to 100 characters.")
        _, token = tokens.make(owner, label)
        self.stdout.write(token)
