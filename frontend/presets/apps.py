from django.apps import AppConfig


class PresetsConfig(AppConfig):
    name = "frontend.presets"
    label = "presets"
    verbose_name = "Presets"
