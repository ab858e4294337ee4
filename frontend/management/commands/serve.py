from django.core.management.base import BaseCommand

from frontend.serving.serve import serve


class Command(BaseCommand):
    help = "Starts SafeLens: prepares data directory, database and files, then serves on HOST and PORT."

    def handle(self, *args: object, **options: object) -> None:
        serve(self.stdout)
