from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from guard.audit.verification import verify


class Command(BaseCommand):
    help = "Goes over the audit's chain; names the first entry that is broken, and exits with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            default="",
            metavar="SEQ:HASH",
            help="A head from the log: the chain must still go through it, or its end was cut off.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = verify(options["head"], lambda entries: self.stderr.write(f"{entries:,} entries …"))
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        if report.problem:
            raise CommandError(report.problem)
        noun = "entry" if report.entries == 1 else "entries"
        self.stdout.write(f"{report.entries:,} {noun}, none broken. The head is {report.head}")
