"""Writes the protocol's page of documentation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.protocol.page import PAGE, page


class Command(BaseCommand):
    help = "Writes generation/PROTOCOL.md from the messages' own classes."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            PAGE.write_text(page(), encoding="utf-8")
            self.stdout.write(f"Wrote {PAGE.name}.")
        elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
            raise CommandError(f"{PAGE.name} is out of date: run manage.py protocol_page.")
