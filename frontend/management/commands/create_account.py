import getpass
import sys
from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from frontend.accounts.creation import create


class Command(BaseCommand):
    help = "Makes an account. Without --password it asks for one, or reads it from a pipe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the name to log in with")
        parser.add_argument("--password", help="seen by others in the list of processes: better leave it out")
        parser.add_argument("--email", default="", help="where a forgotten password is reset")
        parser.add_argument("--staff", action="store_true", help="may enter the admin and do all there")

    def handle(
        self, *args: object, name: str, password: str | None, email: str, staff: bool, **options: object
    ) -> None:
        if password is None:
            password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            create(name, password, email=email, staff=staff)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"The account {name!r} is made{', with the rights of staff' if staff else ''}.")
