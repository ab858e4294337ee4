from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "guard.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from guard.audit import accounts, metrics  # noqa: F401  (exported by being imported)

        accounts.connect()
