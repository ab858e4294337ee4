from django.conf import settings
from django.db import models


class Preset(models.Model):
    """What stood in the settings of the page, under a name that its owner gave it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="presets")
    name = models.CharField(max_length=60)
    values = models.JSONField()  # `frontend.presets.keeping` says which
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="preset_name_once")]

    def __str__(self) -> str:
        return self.name
