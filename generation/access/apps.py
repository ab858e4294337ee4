from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "generation.access"
    label = "access"
    verbose_name = "Access"
