"""`manage.py import_guard FILE.pkl --model NAME --layer N`: a scikit-learn classifier becomes a guard."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generation.engine.loading.unavailable import ModelUnavailable
from generation.home import home_at
from guard import artifacts
from guard.evidence.refused import ArtifactRefused


class Command(BaseCommand):
    help = (
        "Makes a guard of a pickled scikit-learn classifier (MLPClassifier, LogisticRegression, LinearSVC,"
        " also behind a StandardScaler). The pickle is taken apart without being run, and the guard is kept"
        " only if it answers as scikit-learn does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the pickle, or joblib's file")
        parser.add_argument("--model", help="the model whose states it reads (default: SAFELENS_MODEL)")
        parser.add_argument(
            "--layer", type=int, required=True, help="as in hidden_states: 0 the embeddings, -1 the last"
        )
        parser.add_argument("--name", help="what the guard is called (default: from the file's name)")
        parser.add_argument(
            "--unsafe", metavar="CLASS", help="the class that is unsafe (default: the second)"
        )

    def handle(
        self,
        *args: object,
        file: Path,
        model: str | None,
        layer: int,
        name: str | None,
        unsafe: str | None,
        **options: object,
    ) -> None:
        from guard.evidence.pickled.convert import convert
        from guard.evidence.shelf import keep

        name = name or re.sub(r"[^a-z0-9.-]+", "-", file.stem.lower()).strip("-.")[:64] or "imported"
        try:
            home = home_at(model or settings.SAFELENS_MODEL)
            made = convert(file, name, home, layer, unsafe)
        except (ArtifactRefused, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        artifact = made.artifact
        artifacts.register(keep(artifact, settings.DATA_DIR))
        self.stdout.write(
            f"The guard {artifact.name} is kept. On {made.compared} inputs its probabilities differ from"
            f" scikit-learn's by at most {made.difference:.1e}."
        )
        self.stdout.write(artifact.card.notes[1])
