from django.core.management.base import BaseCommand

from safelens_site import env


class Command(BaseCommand):
    help = "Prints the table of settings that the README carries."
    requires_system_checks = []

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write("| variable | expected | default | what it does |")
        self.stdout.write("|---|---|---|---|")
        for name in sorted(env.TABLE):
            variable = env.TABLE[name]
            file = f" Or in the file that `{name}_FILE` names." if variable.from_file else ""
            default = variable.default or "not set"
            self.stdout.write(f"| `{name}` | {variable.expected} | {default} | {variable.help}{file} |")
