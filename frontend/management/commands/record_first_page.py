from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from frontend import recording


class Command(BaseCommand):
    help = (
        "Lets the bundled model write the run that plays on the first page. Once for each new bundled model."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prompt", default=recording.PROMPT, help="the question")
        parser.add_argument("--seed", type=int, default=recording.SEED, help="another one, another answer")

    def handle(self, *args: object, prompt: str, seed: int, **options: Any) -> None:
        made = recording.write(prompt, seed)
        text = "".join(step["text"] for step in made["steps"])
        self.stdout.write(f"{len(made['steps'])} tokens by {made['model']['fingerprint']}: {text.strip()}")
