from django.core.management.base import BaseCommand

from frontend import housekeeping


class Command(BaseCommand):
    help = "Removes for good what was deleted 30 days ago, and guests whose days are over. Hourly by itself."

    def handle(self, *args: object, **options: object) -> None:
        purged = housekeeping.purge()
        self.stdout.write(f"Removed: studies {purged.studies}, runs {purged.runs}, guests {purged.guests}.")
