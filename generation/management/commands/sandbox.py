"""`manage.py sandbox corpus|train|check|guard|show`: make the bundled model, and measure it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Make the sandbox model from nothing, measure it, or read what it writes."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        corpus = verbs.add_parser("corpus", help="write the corpus, show samples and statistics")
        corpus.add_argument(
            "--out", type=Path, help="where to write (default: sandbox/ in the data directory)"
        )
        corpus.add_argument("--seed", type=int)
        corpus.add_argument("--count", type=_positive, help="how many training conversations")
        train = verbs.add_parser("train", help="train the model; goes on where a killed run stopped")
        train.add_argument(
            "--out", type=Path, help="where to write (default: sandbox/ in the data directory)"
        )
        train.add_argument("--seed", type=int)
        train.add_argument("--device", help="cpu or cuda (default: cuda where there is one)")
        train.add_argument("--threads", type=_positive, default=2, help="processor threads (default: 2)")
        train.add_argument(
            "--install", action="store_true", help="put the result in the place of the bundled model"
        )
        check = verbs.add_parser("check", help="measure the model; fails if a figure is missed")
        check.add_argument("--model", type=Path, help="a model directory (default: the bundled one)")
        check.add_argument(
            "--prompts", type=_positive, default=500, help="prompts for each figure (default: 500)"
        )
        check.add_argument(
            "--save", action="store_true", help="write the figures and the card beside the model"
        )
        guard = verbs.add_parser("guard", help="make the model's guard anew, and measure it")
        guard.add_argument("--model", type=Path, help="a model directory (default: the bundled one)")
        guard.add_argument("--out", type=Path, help="where to write (default: in the bundled one's place)")
        show = verbs.add_parser("show", help="print answers to read")
        show.add_argument("--model", type=Path, help="a model directory (default: the bundled one)")
        show.add_argument("--count", type=_positive, default=30)
        show.add_argument("--temperature", type=float, default=0.7)
        show.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        # Torch reads it when it loads. Waiting threads then sleep: ten times faster on a busy machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from generation.sandbox import verbs

        try:
            met = getattr(verbs, options["verb"])(options, self.say)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if not met:
            raise CommandError("At least one figure is missed: see the table above.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
