from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "guard.audit"
    label = "audit"
    verbose_name = "Audit"
