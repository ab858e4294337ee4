from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "generation.sharing"
    label = "sharing"
    verbose_name = "Sharing"
