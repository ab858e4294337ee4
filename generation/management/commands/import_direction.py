"""`manage.py import_direction FILE --name NAME --layer N`: a vector that policies may steer by."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generation.engine.loading.unavailable import ModelUnavailable
from generation.home import home_at
from guard import artifacts
from guard.evidence.direction import imported
from guard.evidence.refused import ArtifactRefused
from guard.evidence.shelf import keep


class Command(BaseCommand):
    help = (
        "Keeps a vector that a policy may steer a model by: it is added to what a layer gives. The file is"
        " safetensors and holds that vector alone. A policy without one steers away from what its guard looks"
        " for."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the safetensors file")
        parser.add_argument("--model", help="the model that is steered (default: SAFELENS_MODEL)")
        parser.add_argument(
            "--layer", type=int, required=True, help="as in hidden_states: 0 the embeddings, -1 the last"
        )
        parser.add_argument("--name", required=True, help="what policies call it")

    def handle(
        self, *args: object, file: Path, model: str | None, layer: int, name: str, **options: object
    ) -> None:
        try:
            made = imported(file, name, home_at(model or settings.SAFELENS_MODEL), layer)
        except (ArtifactRefused, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        artifacts.register(keep(made, settings.DATA_DIR))
        self.stdout.write(f"The direction {made.name} is kept.")
