from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from guard import shipping
from guard.evidence.refused import ArtifactRefused


class Command(BaseCommand):
    help = (
        "Registers the guard of the bundled model, publishes SafeNudge and the default policy on it, and lets"
        " the default judge that model's runs. `manage.py serve` and `runengine` do it by themselves where"
        " the site's model is the bundled one. Can be run again at any time."
    )

    def handle(self, *args: object, **options: Any) -> None:
        try:
            shipped = shipping.ship(Path(settings.SAFELENS_BUNDLED_GUARD), "sandbox")
        except ArtifactRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("The guard is in place." if shipped else "No guard comes along with this version.")
